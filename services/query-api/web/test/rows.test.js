import assert from "node:assert/strict";
import { test } from "node:test";
import { MODES } from "../src/modes.js";
import {
  breakdown,
  carbonFromCsv,
  exchanges,
  isNewer,
  layersOf,
  merged,
  modesIn,
  onGrid,
  powerFromCsv,
  powerFromDocument,
  replaces,
} from "../src/rows.js";

const HOUR = 3_600_000;

function row(at, production, others = {}) {
  const none = Object.fromEntries(MODES.map(({ key }) => [key, null]));
  return { at, production: { ...none, ...production }, ...others };
}

test("a row is the same from CSV and from JSON", () => {
  const csv =
    "zone,at,updated_at,kind,estimation_method,quality,cons_wind_mw,prod_wind_mw,prod_hydro_discharge_mw," +
    "production_total_mw,consumption_total_mw,net_import_mw,renewable_percent,fossil_free_percent\r\n" +
    "DE,2026-01-31T13:00:00Z,2026-01-31T14:00:00Z,measured,,,12.5,10,-40,,7,-3,75,0\r\n";
  const document = {
    at: "2026-01-31T13:00:00Z",
    updated_at: "2026-01-31T14:00:00Z",
    kind: "measured",
    estimation_method: null,
    production_mw: { wind: 10, hydro_discharge: -40, coal: null },
    consumption_mw: { wind: 12.5 },
    production_total_mw: null,
    consumption_total_mw: 7,
    net_import_mw: -3,
    renewable_percent: 75,
    fossil_free_percent: 0,
  };
  const [read] = powerFromCsv(csv);
  assert.deepEqual(read, powerFromDocument(document));
  assert.equal(read.production_total_mw, null);
  assert.equal(read.fossil_free_percent, 0);
});

test("carbon rows, a missing number is null", () => {
  const [first, second] = carbonFromCsv(
    "zone,at,updated_at,kind,estimation_method,quality,carbon_intensity_gco2eq_per_kwh\r\n" +
      "DE,2026-01-31T13:00:00Z,2026-01-31T14:00:00Z,estimated,X,,285\r\n" +
      "DE,2026-01-31T14:00:00Z,2026-01-31T14:00:00Z,estimated,X,,\r\n",
  );
  assert.deepEqual([first.carbon, first.at, first.method], [285, Date.parse("2026-01-31T13:00:00Z"), "X"]);
  assert.equal(second.carbon, null);
});

test("a revision takes the place of its hour, a new hour comes at the end", () => {
  const rows = [row(0, { wind: 1 }, { updatedAt: 1 }), row(HOUR, { wind: 2 }, { updatedAt: 1 })];
  const others = [row(2 * HOUR, { wind: 3 }, { updatedAt: 1 }), row(0, { wind: 9 }, { updatedAt: 2 })];
  for (const both of [merged(rows, others), merged(others, rows)]) {
    assert.deepEqual(
      both.map(({ production }) => production.wind),
      [9, 2, 3],
    );
  }
});

test("a composed row with holes is the newest only where the day before it has no whole one", () => {
  const both = { production: { wind: 1 }, consumption: { wind: 2 }, updatedAt: 0 };
  const own = { ...both, at: 0, production: { wind: null }, isComposed: false };
  const whole = { ...both, at: 0, isComposed: true };
  for (const [hours, isShown] of [
    [1, false],
    [24, false],
    [25, true],
  ]) {
    const holed = { ...whole, at: hours * HOUR, consumption: { wind: null } };
    for (const known of [own, whole]) {
      assert.equal(isNewer(holed, known), isShown, `${hours} hours later`);
      assert.equal(isNewer(known, holed), !isShown, `${hours} hours earlier`);
    }
    assert.ok(isNewer({ ...whole, at: holed.at }, whole));
    assert.ok(!isNewer(whole, { ...whole, at: holed.at }));
  }
});

test("what the source said replaces what was composed, whenever that was revised", () => {
  const document = { at: "2026-01-31T13:00:00Z", kind: "measured", production_mw: {}, consumption_mw: {} };
  const own = powerFromDocument({ ...document, updated_at: "2026-01-31T14:00:00Z" });
  const parts = ["electricity-mix/normal", "electricity-flows"];
  const composed = powerFromDocument({ ...document, updated_at: "2026-01-31T15:00:00Z", composed_of: parts });
  const [fromCsv] = powerFromCsv(
    `at,updated_at,kind,composed_of\r\n2026-01-31T13:00:00Z,2026-01-31T15:00:00Z,measured,${parts.join(" ")}\r\n`,
  );
  assert.deepEqual([own.isComposed, composed.isComposed, fromCsv.isComposed], [false, true, true]);
  assert.deepEqual(merged([own], [composed]), [own]);
  assert.deepEqual(merged([composed], [own]), [own]);
  assert.deepEqual([replaces(own, composed), replaces(composed, own)], [true, false]);
  assert.deepEqual([replaces(composed, composed), replaces(own, own)], [true, true]);
});

test("hours without a row are gaps", () => {
  const grid = onGrid([row(0, {}), row(2 * HOUR, {}), row(4 * HOUR, {})], 1, 4 * HOUR, HOUR);
  assert.deepEqual(
    grid.map((each) => each?.at ?? null),
    [null, 2 * HOUR, null],
  );
});

test("layers are painted from the outermost; charging is stacked below 0", () => {
  const rows = [
    row(0, { nuclear: 10, wind: 5, hydro_discharge: 2, battery_discharge: 1 }),
    row(1, { nuclear: 10, wind: null, hydro_discharge: -3, battery_discharge: -1 }),
    null,
    row(3, {}),
  ];
  const modes = modesIn(rows, "production");
  assert.deepEqual(
    modes.map(({ key }) => key),
    ["nuclear", "wind", "hydro_discharge", "battery_discharge"],
  );
  const layers = layersOf(rows, "production", modes).map(({ mode, values }) => [mode.key, ...values]);
  assert.deepEqual(layers, [
    ["battery_discharge", 18, 10, null, null],
    ["hydro_discharge", 17, 10, null, null],
    ["wind", 15, 10, null, null],
    ["nuclear", 10, 10, null, null],
    ["battery_discharge", 0, -4, null, null],
    ["hydro_discharge", 0, -3, null, null],
  ]);
});

test("shares are of what is positive, and missing where nothing is reported", () => {
  const modes = MODES.filter(({ key }) => ["nuclear", "wind", "hydro_discharge"].includes(key));
  const shares = breakdown(row(0, { nuclear: 30, wind: 10, hydro_discharge: -5 }), "production", modes);
  assert.deepEqual(
    shares.map(({ percent }) => percent),
    [75, 25, 0],
  );
  assert.deepEqual(
    breakdown(row(0, {}), "production", modes).map(({ percent }) => percent),
    [null, null, null],
  );
});

test("exchange is import less export, the largest first", () => {
  const document = { import_mw: { FR: 100, CH: 20, PL: null }, export_mw: { CH: 220, AT: 150 } };
  assert.deepEqual(exchanges(document), [
    { zone: "CH", value: -200 },
    { zone: "AT", value: -150 },
    { zone: "FR", value: 100 },
    { zone: "PL", value: 0 },
  ]);
});
