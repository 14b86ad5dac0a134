import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCsv, parseCsv } from "../src/csv.js";

test("records by name, empty fields are null", () => {
  assert.deepEqual(parseCsv("zone,at,x\r\nDE,1,\r\nFR,,2\r\n"), [
    { zone: "DE", at: "1", x: null },
    { zone: "FR", at: null, x: "2" },
  ]);
});

test("no line, a header alone, and a last line without its end", () => {
  assert.deepEqual(parseCsv(""), []);
  assert.deepEqual(parseCsv("a,b\r\n"), []);
  assert.deepEqual(parseCsv("a,b\n1,2"), [{ a: "1", b: "2" }]);
  assert.deepEqual(parseCsv("a,b\n1,"), [{ a: "1", b: null }]);
});

test("what is written is read back", () => {
  const nasty = ['a "quote"', "a,comma", "a\r\nbreak", "plain", 'ends with"'];
  const [record] = parseCsv(formatCsv(["a", "b", "c", "d", "e"], [nasty]));
  assert.deepEqual(Object.values(record), nasty);
});

test("a quote that does not end is an error", () => {
  assert.throws(() => parseCsv('a\n"b'), SyntaxError);
});

test("what is missing is written as an empty field", () => {
  assert.equal(formatCsv(["a", "b", "c"], [[null, undefined, 0]]), "a,b,c\r\n,,0\r\n");
});
