import assert from "node:assert/strict";
import { test } from "node:test";
import { expectedBetween, forecastFromDocument, newerForecast, windowFromDocument } from "../src/expected.js";

const HOUR = 3_600_000;
const at = Date.parse("2026-01-31T13:00:00Z");
const document = {
  issued_at: "2026-01-31T12:34:24.392Z",
  data: [
    { at: "2026-01-31T13:00:00Z", carbon_intensity_gco2eq_per_kwh: 285.5 },
    { at: "2026-01-31T14:00:00Z", carbon_intensity_gco2eq_per_kwh: null },
    { at: "2026-01-31T15:00:00Z", carbon_intensity_gco2eq_per_kwh: 0 },
  ],
};

test("what is expected of a span leaves out what is not known, not what is 0", () => {
  const forecast = forecastFromDocument(document);
  assert.deepEqual(
    [...expectedBetween(forecast, at, at + 3 * HOUR)],
    [
      [at, 285.5],
      [at + 2 * HOUR, 0],
    ],
  );
  assert.deepEqual([...expectedBetween(forecast, at + HOUR, at + 2 * HOUR)], []);
  assert.deepEqual([...expectedBetween(null, at, at + HOUR)], []);
});

test("the newer forecast stays", () => {
  const newer = forecastFromDocument(document);
  const older = { ...newer, issuedAt: newer.issuedAt - 1 };
  assert.equal(newerForecast(older, newer), newer);
  assert.equal(newerForecast(newer, older), newer);
  assert.equal(newerForecast(null, older), older);
  assert.equal(newerForecast(older, null), older);
  assert.equal(newerForecast(null, null), null);
});

test("a best window has its times and numbers", () => {
  const best = windowFromDocument({
    start: "2026-01-31T13:00:00Z",
    end: "2026-01-31T16:00:00Z",
    mean_gco2eq_per_kwh: 250,
    soonest_mean_gco2eq_per_kwh: null,
    saved_percent: null,
  });
  assert.deepEqual(best, { start: at, end: at + 3 * HOUR, mean: 250, soonest: null, savedPercent: null });
});
