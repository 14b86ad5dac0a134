// Follows a zone's stream and comes back when it breaks. `fetch` in place of EventSource, which can't send an API key.
import { Refused } from "./api.js";
import { backoff, EventParser } from "./sse.js";

const SILENCE_MS = 40_000; // the server is heard every 15 s

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

  async function run() {
    const parser = new EventParser();
    let failures = 0;
    let wasLost = false;
    while (!ending.signal.aborted) {
      try {
        await connection(parser, () => {
          onLive(wasLost);
          failures = 0;
          wasLost = false;
        });
        failures = 0; // the server ended it in order
      } catch (error) {
        if (ending.signal.aborted) return;
        failures += 1;
        wasLost = true;
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
      ending.signal.addEventListener("abort", wake, { once: true });
    });
  }

  async function connection(parser, onOpen) {
    const attempt = new AbortController();
    const end = () => attempt.abort();
    ending.signal.addEventListener("abort", end, { once: true });
    let watchdog = setTimeout(end, SILENCE_MS);
    try {
      const headers = parser.lastEventId ? { "Last-Event-ID": parser.lastEventId } : {};
      const response = await api.get(path, { headers, signal: attempt.signal, cache: "no-store" });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      onOpen();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(end, SILENCE_MS);
        for (const event of parser.take(value)) onEvent(event);
      }
    } finally {
      clearTimeout(watchdog);
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
