// Server-sent events out of a stream of text, as the HTML standard says (section 9.2.6). Pure but for its buffer.

/** Takes pieces of text and returns the events that they complete: { event, data }. `lastEventId` is the newest id. */
export class EventParser {
  lastEventId = "";
  #rest = "";
  #event = "";
  #data = [];
  #id = null;

  /** A new connection: what the one before left half-said is forgotten, its last id is not. */
  reset() {
    this.#rest = "";
    this.#event = "";
    this.#data = [];
    this.#id = null;
  }

  /** Events that end in this piece. */
  take(piece) {
    const events = [];
    let text = this.#rest + piece;
    // A CR at the end may be half of a CRLF: it waits for what comes.
    const waits = text.endsWith("\r") ? "\r" : "";
    text = waits ? text.slice(0, -1) : text;
    const lines = text.split(/\r\n|\n|\r/);
    this.#rest = lines.pop() + waits;
    for (const line of lines) {
      if (line !== "") {
        this.#field(line);
        continue;
      }
      if (this.#id !== null) this.lastEventId = this.#id;
      if (this.#data.length) events.push({ event: this.#event || "message", data: this.#data.join("\n") });
      this.#event = "";
      this.#data = [];
    }
    return events;
  }

  #field(line) {
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}

/** How long to wait before the attempt after so many failures, in ms; `chance` in [0, 1) spreads clients. */
export function backoff(failures, chance) {
  const longest = Math.min(30_000, 1000 * 2 ** Math.min(failures, 5));
  return longest / 2 + (longest / 2) * chance;
}
