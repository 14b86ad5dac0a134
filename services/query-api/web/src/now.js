// The card of the newest rows: numbers, and badges that say what they are worth.
import { amount, byId, element } from "./dom.js";
import { decimals, duration, interval, percent, power } from "./format.js";

const HOUR = 3_600_000;
const STALE = 3 * HOUR; // the source is an hour or two behind
const DIRTIEST = 900; // g/kWh, the right end of the scale

/** Show the newest power and carbon rows, either of which may be null. */
export function showNow({ power: row, carbon }) {
  byId("now").replaceChildren(
    tile("Carbon intensity", "carbon", amount(carbon?.carbon, decimals(carbon?.carbon, 0), "gCO₂eq/kWh"), {
      gauge: scale(carbon?.carbon),
    }),
    tile("Renewable", "renewable", amount(row?.renewable_percent, percent(row?.renewable_percent)), {
      gauge: bar(row?.renewable_percent),
    }),
    tile("Fossil-free", "fossil-free", amount(row?.fossil_free_percent, percent(row?.fossil_free_percent)), {
      gauge: bar(row?.fossil_free_percent),
    }),
    tile("Consumption", "consumption", amount(row?.consumption_total_mw, power(row?.consumption_total_mw))),
    tile("Production", "production", amount(row?.production_total_mw, power(row?.production_total_mw)), {
      note: exchange(row?.net_import_mw),
    }),
  );
}

/** Show of what time and kind the rows are; to be called again as time passes. */
export function showBadges({ power: row, carbon }, now, timeZone) {
  const newest = [row, carbon].filter(Boolean);
  if (newest.length === 0) {
    byId("badges").replaceChildren(badge("no data yet", "bad", "kind"));
    return;
  }
  const at = Math.min(...newest.map((each) => each.at));
  const isOld = now - at > STALE;
  byId("badges").replaceChildren(
    badge(interval(at, HOUR, timeZone), "", "interval"),
    ...kinds(row, carbon),
    badge(`revised ${duration(now - Math.max(...newest.map((each) => each.updatedAt)))} ago`, "", "revised"),
    badge(`${duration(now - at)} old`, isOld ? "bad" : "", "age"),
  );
}

function kinds(row, carbon) {
  if (row && carbon && row.kind !== carbon.kind) {
    return [kind(row, "mix "), kind(carbon, "carbon ")];
  }
  return [kind(row ?? carbon, "")];
}

function kind(row, of) {
  const shown = badge(of + row.kind, row.kind === "measured" ? "good" : "warn", "kind");
  if (row.method) shown.title = `Estimated by ${row.method}`;
  return shown;
}

function exchange(netImport) {
  if (netImport === null || netImport === undefined) return null;
  return netImport < 0 ? `exports ${power(-netImport)}` : `imports ${power(netImport)}`;
}

function badge(text, level, name) {
  return element("span", { className: `badge ${level}`, dataset: { badge: name } }, text);
}

function tile(title, name, value, { gauge, note } = {}) {
  return element(
    "div",
    { className: "tile", dataset: { tile: name } },
    element("dt", {}, title),
    element("dd", {}, value, note ? element("div", { className: "note" }, note) : null, gauge),
  );
}

function bar(value) {
  if (value === null || value === undefined) return null;
  return element("div", { className: "gauge" }, element("span", { style: { width: `${value}%` } }));
}

function scale(value) {
  if (value === null || value === undefined) return null;
  const left = `${Math.min(100, (100 * value) / DIRTIEST)}%`;
  return element("div", { className: "gauge scale" }, element("span", { style: { left } }));
}
