// Rows of the API, from its CSV and its JSON, in one shape; and what is computed of several. Power in MW, times in ms.
import { parseCsv } from "./csv.js";
import { MODES } from "./modes.js";

const DAY = 86_400_000;

const TOTALS = ["production_total_mw", "consumption_total_mw", "net_import_mw", "renewable_percent"];

/** Power rows of a range's CSV. */
export function powerFromCsv(text) {
  return parseCsv(text).map((record) => ({
    ...common(record),
    ...Object.fromEntries([...TOTALS, "fossil_free_percent"].map((name) => [name, number(record[name])])),
    production: byMode((mode) => number(record[`prod_${mode}_mw`])),
    consumption: byMode((mode) => number(record[`cons_${mode}_mw`])),
  }));
}

/** A power row of `…/latest` or of the stream. */
export function powerFromDocument(document) {
  return {
    ...common(document),
    ...Object.fromEntries([...TOTALS, "fossil_free_percent"].map((name) => [name, document[name]])),
    production: byMode((mode) => document.production_mw[mode] ?? null),
    consumption: byMode((mode) => document.consumption_mw[mode] ?? null),
  };
}

/** Carbon rows of a range's CSV. */
export function carbonFromCsv(text) {
  return parseCsv(text).map(carbonFromDocument);
}

/** A carbon row, of JSON or of a record of CSV. */
export function carbonFromDocument(document) {
  return { ...common(document), carbon: number(document.carbon_intensity_gco2eq_per_kwh) };
}

/**
 * Whether a row takes the place of a known one of its interval: one that the source said itself of one that was composed
 * of other signals, whatever their times of revision, which are of different signals; else the newer revision, of equal
 * ones the later to come.
 */
export function replaces(row, known) {
  if (row.isComposed !== known.isComposed) return known.isComposed;
  return row.updatedAt >= known.updatedAt;
}

/**
 * Whether a row is shown as the newest in place of the known one, by the rule of `/latest`: one that is composed and has
 * holes only where the day before it has no whole one.
 */
export function isNewer(row, known) {
  if (isWhole(row) !== isWhole(known)) {
    const [whole, holed] = isWhole(row) ? [row, known] : [known, row];
    if (whole.at < holed.at && whole.at >= holed.at - DAY) return row === whole;
  }
  return row.at > known.at || (row.at === known.at && replaces(row, known));
}

function isWhole(row) {
  const isKnown = (flow) => Object.values(row[flow]).some((value) => value !== null);
  return !row.isComposed || (isKnown("production") && isKnown("consumption"));
}

/** The rows of both, by time; of two for one interval that which replaces the other. */
export function merged(rows, others) {
  const byTime = new Map();
  for (const row of [...rows, ...others]) {
    const known = byTime.get(row.at);
    if (!known || replaces(row, known)) byTime.set(row.at, row);
  }
  return [...byTime.values()].sort((a, b) => a.at - b.at);
}

/** Of each step of the window [start, end) its row, or null. */
export function onGrid(rows, start, end, step) {
  const byTime = new Map(rows.map((row) => [row.at, row]));
  const grid = [];
  for (let at = Math.ceil(start / step) * step; at < end; at += step) grid.push(byTime.get(at) ?? null);
  return grid;
}

/** Modes that have a number other than 0 somewhere, in the order of the stack. */
export function modesIn(rows, flow) {
  return MODES.filter(({ key }) => rows.some((row) => row?.[flow][key]));
}

/**
 * Layers to be painted one over the other, from the outermost: each is filled down, or up, to 0. Storage that charges
 * is stacked below 0. A mode that is not reported adds nothing; a step of which no mode is reported is a gap (null).
 */
export function layersOf(rows, flow, modes) {
  const above = cumulated(rows, flow, modes, (value) => Math.max(value, 0));
  const below = cumulated(rows, flow, modes, (value) => Math.min(value, 0)).filter((layer) =>
    layer.values.some((value) => value < 0),
  );
  return [...above.reverse(), ...below.reverse()];
}

function cumulated(rows, flow, modes, part) {
  const sums = rows.map((row) => (row && modes.some(({ key }) => row[flow][key] !== null) ? 0 : null));
  return modes.map((mode) => {
    rows.forEach((row, index) => {
      if (sums[index] !== null) sums[index] += part(row[flow][mode.key] ?? 0);
    });
    return { mode, values: [...sums] };
  });
}

/** What a row has of each mode, with its share of what is positive. */
export function breakdown(row, flow, modes) {
  const total = Object.values(row[flow]).reduce((sum, value) => sum + Math.max(value ?? 0, 0), 0);
  return modes.map((mode) => {
    const value = row[flow][mode.key];
    return { mode, value, percent: value === null || total === 0 ? null : (100 * Math.max(value, 0)) / total };
  });
}

/** Exchange by neighbour: imports positive, exports negative, the largest first. */
export function exchanges(document) {
  const neighbours = new Set([...Object.keys(document.import_mw), ...Object.keys(document.export_mw)]);
  return [...neighbours]
    .map((zone) => ({ zone, value: (document.import_mw[zone] ?? 0) - (document.export_mw[zone] ?? 0) }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.zone.localeCompare(b.zone));
}

function common(record) {
  return {
    at: Date.parse(record.at),
    updatedAt: Date.parse(record.updated_at),
    kind: record.kind,
    method: record.estimation_method,
    isComposed: Boolean(record.composed_of),
  };
}

function byMode(value) {
  return Object.fromEntries(MODES.map(({ key }) => [key, value(key)]));
}

function number(text) {
  return text === null || text === undefined ? null : Number(text);
}
