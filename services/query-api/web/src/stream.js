// Follows a zone's stream and comes back when it breaks. `fetch` in place of EventSource, which can't send an API key.
import { Refused } from "./api.js";
import { backoff, EventParser } from "./sse.js";

const SILENCE_MS = 40_000; // the server is heard every 15 s
const HIDDEN_MS = 60_000; // a browser opens few connections to one host: a tab that nobody sees gives its own back

/**
 * Follow `path`. Callbacks: `onEvent({event, data})`; `onLive(isAgain)` when it is connected, again after a loss;
 * `onLost(error)` when it is not. Returns a function that ends it.
 */
export function follow(api, path, { onEvent, onLive, onLost }) {
  const ending = new AbortController();
  let wake = () => {};
  const hurry = () => wake();
  window.addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  ending.signal.addEventListener("abort", hurry);

  async function run() {
    const parser = new EventParser();
    let failures = 0;
    let wasLost = false;
    while (!ending.signal.aborted) {
      while (document.hidden && !ending.signal.aborted) await pause(SILENCE_MS);
      try {
        await connection(parser, () => {
          onLive(wasLost);
          failures = 0;
          wasLost = false;
        });
        failures = 0; // the server ended it in order
      } catch (error) {
        if (ending.signal.aborted) return;
        wasLost = true;
        if (document.hidden) continue;
        failures += 1;
        onLost(error);
        if (error instanceof Refused && error.status >= 400 && error.status < 500 && error.status !== 429) return;
      }
      await pause(backoff(failures, Math.random()));
    }
  }

  function pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function connection(parser, onOpen) {
    const attempt = new AbortController();
    const end = () => attempt.abort();
    ending.signal.addEventListener("abort", end, { once: true });
    let watchdog = setTimeout(end, SILENCE_MS);
    let hiding;
    const onVisibility = () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(end, HIDDEN_MS);
    };
    document.addEventListener("visibilitychange", onVisibility);
    try {
      parser.reset();
      const headers = parser.lastEventId ? { "Last-Event-ID": parser.lastEventId } : {};
      const response = await api.get(path, { headers, signal: attempt.signal, cache: "no-store" });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      onOpen();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(end, SILENCE_MS);
        if (attempt.signal.aborted) return;
        for (const event of parser.take(value)) onEvent(event);
      }
    } finally {
      clearTimeout(watchdog);
      clearTimeout(hiding);
      document.removeEventListener("visibilitychange", onVisibility);
      ending.signal.removeEventListener("abort", end);
    }
  }

  run();
  return () => {
    ending.abort();
    window.removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
  };
}
