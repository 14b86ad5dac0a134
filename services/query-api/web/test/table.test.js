import assert from "node:assert/strict";
import { test } from "node:test";
import { MODES } from "../src/modes.js";
import { columnsOf, csvOf } from "../src/table.js";

test("CSV has exact numbers of what is shown, without the hours that lack data", () => {
  const wind = MODES.filter(({ key }) => key === "wind");
  const at = Date.parse("2026-01-31T13:00:00Z");
  const power = {
    kind: "measured",
    updatedAt: at + 60_000,
    production: { wind: 12.345 },
    production_total_mw: 12.345,
    renewable_percent: null,
    net_import_mw: -1,
  };
  const carbon = { kind: "estimated", updatedAt: at, carbon: 285.5 };
  const intervals = [
    { at, power, carbon },
    { at: at + 3_600_000, power: null, carbon: null },
    { at: at + 7_200_000, power: null, carbon },
    { at: at + 10_800_000, power: null, carbon: null, expected: 251 },
  ];
  assert.equal(
    csvOf("DE", intervals, columnsOf("production", wind)),
    "zone,at,kind,updated_at,carbon_intensity_gco2eq_per_kwh,expected_carbon_intensity_gco2eq_per_kwh," +
      "renewable_percent,production_total_mw,production_wind_mw,net_import_mw\r\n" +
      "DE,2026-01-31T13:00:00Z,measured,2026-01-31T13:01:00Z,285.5,,,12.345,12.345,-1\r\n" +
      "DE,2026-01-31T15:00:00Z,estimated,2026-01-31T13:00:00Z,285.5,,,,,\r\n" +
      "DE,2026-01-31T16:00:00Z,forecast,,,251,,,,\r\n",
  );
});
