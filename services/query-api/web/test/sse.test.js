import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, EventParser } from "../src/sse.js";

const STREAM = 'retry: 2000\n\nevent: a\ndata: {"x":1}\n\n: heartbeat\n\nid: 7\nevent: b\ndata: one\ndata: two\n\n';
const EVENTS = [
  { event: "a", data: '{"x":1}' },
  { event: "b", data: "one\ntwo" },
];

test("events, however the stream is cut and its lines end", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = STREAM.replaceAll("\n", end);
    for (let size = 1; size <= text.length; size += 1) {
      const parser = new EventParser();
      const events = [];
      for (let at = 0; at < text.length; at += size) events.push(...parser.take(text.slice(at, at + size)));
      if (end === "\r") events.push(...parser.take("\n")); // the last CR could have been half of a CRLF
      assert.deepEqual(events, EVENTS, `${JSON.stringify(end)} in pieces of ${size}`);
      assert.equal(parser.lastEventId, "7");
    }
  }
});

test("an id counts when its message has ended, also without data", () => {
  const parser = new EventParser();
  assert.deepEqual(parser.take("id: 1\ndata: x\n"), []);
  assert.equal(parser.lastEventId, "");
  assert.deepEqual(parser.take("\nid: 2\n\n"), [{ event: "message", data: "x" }]);
  assert.equal(parser.lastEventId, "2");
});

test("what a connection left half-said does not get into the next one", () => {
  const parser = new EventParser();
  parser.take("id: 1\ndata: x\n\nid: 2\nevent: lost\ndata: ha");
  parser.reset();
  assert.equal(parser.lastEventId, "1");
  assert.deepEqual(parser.take("data: y\n\n"), [{ event: "message", data: "y" }]);
  assert.equal(parser.lastEventId, "1");
});

test("waits grow to half a minute and differ from client to client", () => {
  assert.equal(backoff(0, 0), 500);
  assert.equal(backoff(2, 1), 4000);
  assert.equal(backoff(50, 1), 30_000);
  assert.notEqual(backoff(3, 0.1), backoff(3, 0.9));
});
