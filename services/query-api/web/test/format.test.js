import assert from "node:assert/strict";
import { test } from "node:test";
import { decimals, duration, instant, interval, MISSING, moment, percent, power } from "../src/format.js";

const HOUR = 3_600_000;

test("power has the unit that fits", () => {
  assert.equal(power(63_512.4), "63.5 GW");
  assert.equal(power(-1500), "−1.5 GW");
  assert.equal(power(999), "999 MW");
  assert.equal(power(0), "0 MW");
  assert.equal(power(-0.2), "0 MW");
  assert.equal(power(null), MISSING);
});

test("missing is never 0", () => {
  assert.equal(percent(null), MISSING);
  assert.equal(percent(undefined), MISSING);
  assert.equal(percent(0), "0 %");
  assert.equal(percent(0.25), "0.3 %");
  assert.equal(decimals(null, 0), MISSING);
  assert.equal(decimals(12_345.6, 0), "12,346");
});

test("times are those of the clock that is asked for, over the change to winter time too", () => {
  const beforeChange = Date.parse("2026-10-25T00:30:00Z");
  assert.equal(moment(beforeChange, "UTC"), "Sun 25 Oct 00:30");
  assert.equal(moment(beforeChange, "Europe/Berlin"), "Sun 25 Oct 02:30");
  assert.equal(moment(beforeChange + HOUR, "Europe/Berlin"), "Sun 25 Oct 02:30");
  assert.equal(moment(beforeChange + 2 * HOUR, "Europe/Berlin"), "Sun 25 Oct 03:30");
  assert.equal(interval(Date.parse("2026-06-30T22:00:00Z"), HOUR, "Europe/Berlin"), "Wed 1 Jul 00:00–01:00");
});

test("durations", () => {
  assert.equal(duration(59_000), "0 min");
  assert.equal(duration(-5), "0 min");
  assert.equal(duration(59 * 60_000), "59 min");
  assert.equal(duration(47 * HOUR), "47 h");
  assert.equal(duration(20 * 24 * HOUR), "20 days");
});

test("instants are as the API writes them", () => {
  assert.equal(instant(Date.parse("2026-01-31T13:00:00Z")), "2026-01-31T13:00:00Z");
});
