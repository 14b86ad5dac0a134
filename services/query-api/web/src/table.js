// What the charts show, as a table and as CSV.
import { formatCsv } from "./csv.js";
import { byId, element } from "./dom.js";
import { decimals, instant, moment } from "./format.js";

/** Columns of what is shown: `value` of an interval { power, carbon, expected }, each of which may be null. */
export function columnsOf(flow, modes) {
  const total = `${flow}_total_mw`;
  return [
    { name: "carbon_intensity_gco2eq_per_kwh", label: "gCO₂eq/kWh", value: ({ carbon }) => carbon?.carbon },
    {
      name: "expected_carbon_intensity_gco2eq_per_kwh",
      label: "Expected gCO₂eq/kWh",
      value: ({ expected }) => expected,
    },
    { name: "renewable_percent", label: "Renewable %", value: ({ power }) => power?.renewable_percent },
    { name: total, label: "Total MW", value: ({ power }) => power?.[total] },
    ...modes.map(({ key, label }) => ({
      name: `${flow}_${key}_mw`,
      label: `${label} MW`,
      value: ({ power }) => power?.[flow][key],
    })),
    { name: "net_import_mw", label: "Net import MW", value: ({ power }) => power?.net_import_mw },
  ];
}

/** CSV of the intervals that have data, oldest first, with exact numbers and instants in UTC. */
export function csvOf(zone, intervals, columns) {
  const header = ["zone", "at", "kind", "updated_at", ...columns.map(({ name }) => name)];
  const rows = intervals
    .filter((interval) => kindOf(interval) !== null)
    .map((interval) => {
      const updatedAt = (interval.power ?? interval.carbon)?.updatedAt;
      const revised = updatedAt === undefined ? null : instant(updatedAt);
      return [zone, instant(interval.at), kindOf(interval), revised, ...columns.map(({ value }) => value(interval))];
    });
  return formatCsv(header, rows);
}

/** What the values are: as the source says, `forecast` where they only are expected, null where there are none. */
export function kindOf({ power, carbon, expected }) {
  return (power ?? carbon)?.kind ?? (typeof expected === "number" ? "forecast" : null);
}

/** Show the intervals, the newest first. */
export function showTable(intervals, columns, timeZone) {
  const headings = [`Start (${timeZone})`, "Kind"];
  byId("table").replaceChildren(
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          headings.map((text) => element("th", { scope: "col", className: "text" }, text)),
          columns.map(({ label }) => element("th", { scope: "col" }, label)),
        ),
      ),
      element(
        "tbody",
        {},
        intervals.toReversed().map((interval) => line(interval, columns, timeZone)),
      ),
    ),
  );
}

function line(interval, columns, timeZone) {
  const { at } = interval;
  return element(
    "tr",
    { dataset: { at: instant(at), kind: kindOf(interval) ?? "" } },
    element("th", { scope: "row", className: "text" }, moment(at, timeZone)),
    element("td", { className: "text" }, kindOf(interval) ?? "no data"),
    columns.map(({ value }) => element("td", {}, decimals(value(interval), 0))),
  );
}

/** Let the browser save a text as a file. */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
