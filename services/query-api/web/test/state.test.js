import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, searchOf, toRemember, windowOf } from "../src/state.js";

test("the address goes before what is remembered, which goes before the default", () => {
  const remembered = { zone: "FR", range: "30d", time: "local", metric: "renewable_percent" };
  const { zone, range, time, metric } = chosen("?zone=DE&time=utc", remembered);
  assert.deepEqual([zone, range, time, metric], ["DE", "30d", "utc", "carbon_intensity"]);
  assert.equal(chosen("", {}).zone, null);
  assert.equal(chosen("", {}).range, "24h");
});

test("nonsense in the address or the memory is no choice", () => {
  const { zone, range } = chosen("?zone=../x&range=99y", { zone: 5, range: "<b>" });
  assert.deepEqual([zone, range], [null, "24h"]);
});

test("an address says all that is chosen", () => {
  const choices = { ...chosen("", {}), zone: "DK-DK1", range: "7d", view: "table", flow: "consumption" };
  assert.deepEqual(chosen(searchOf(choices), { zone: "FR", range: "30d", time: "local" }), choices);
});

test("only lasting choices are remembered", () => {
  const choices = chosen("?zone=DE&view=table", {});
  assert.deepEqual(toRemember(choices), { zone: "DE", range: "24h", time: "utc" });
});

test("a window is of whole hours, with the current one", () => {
  const { start, end } = windowOf("24h", Date.parse("2026-01-31T13:05:00Z"));
  assert.equal(new Date(end).toISOString(), "2026-01-31T14:00:00.000Z");
  assert.equal((end - start) / 3_600_000, 24);
});
