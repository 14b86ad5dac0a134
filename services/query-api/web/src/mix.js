// The card of the mix: charts with their legend, or the table.
import { Chart, unitOf } from "./chart.js";
import { amount, byId, element } from "./dom.js";
import { decimals, interval, MISSING, percent, power } from "./format.js";
import { breakdown, layersOf, modesIn } from "./rows.js";
import { columnsOf, csvOf, kindOf, showTable } from "./table.js";

const HOUR = 3_600_000;

/** Shows what `show` was given last. */
export class Mix {
  #mix = new Chart("mix", (index) => this.#showLegend(index));
  #carbon = new Chart("carbon", () => {});
  #shown = null;
  #cursor = null;

  /** Intervals of a window { at, power, carbon, expected }, of a zone of that name, as `choices` say, on a clock. */
  show(intervals, choices, name, timeZone) {
    const rows = intervals.map(({ power: row }) => row);
    const modes = modesIn(rows, choices.flow);
    this.#shown = { intervals, choices, modes, timeZone };
    const isEmpty = !intervals.some((each) => kindOf(each) !== null);
    const isTable = choices.view === "table";
    byId("charts").hidden = isEmpty || isTable;
    byId("table").hidden = isEmpty || !isTable;
    byId("empty").hidden = !isEmpty;
    byId("download").disabled = isEmpty;
    if (isEmpty) return;
    if (isTable) showTable(intervals, columnsOf(choices.flow, modes), timeZone);
    else this.#draw(name);
  }

  /** Say in place of charts why there are none. */
  showEmpty(text) {
    byId("empty").textContent = text;
  }

  /** CSV of what is shown; null where nothing is. */
  csv() {
    const { intervals, choices, modes } = this.#shown ?? {};
    return intervals ? csvOf(choices.zone, intervals, columnsOf(choices.flow, modes)) : null;
  }

  repaint() {
    this.#mix.repaint();
    this.#carbon.repaint();
  }

  #draw(name) {
    const { intervals, choices, modes, timeZone } = this.#shown;
    const rows = intervals.map(({ power: row }) => row);
    const starts = intervals.map(({ at }) => at);
    const stacked = layersOf(rows, choices.flow, modes);
    const layers = stacked.map(({ mode, values }, index) => ({
      key: `${mode.key} ${index}`,
      label: mode.label,
      colour: mode.colour,
      values,
    }));
    const common = { starts, width: HOUR, timeZone };
    this.#mix.draw({
      ...common,
      layers,
      estimated: rows.map(isEstimated),
      unit: unitOf(layers),
    });
    const expected = intervals.map(({ expected: value }) => value ?? null);
    const carbon = { key: "carbon", label: "Carbon intensity", colour: "#b5562a", isLine: true };
    this.#carbon.draw({
      ...common,
      layers: [
        { ...carbon, values: intervals.map(({ carbon: row }) => row?.carbon ?? null) },
        ...(expected.some((value) => value !== null)
          ? [{ ...carbon, key: "expected", label: "Expected", isDashed: true, values: expected }]
          : []),
      ],
      estimated: intervals.map(({ carbon: row }) => isEstimated(row)),
      unit: { name: "g/kWh", size: 1 },
    });
    byId("mix").setAttribute(
      "aria-label",
      `Chart of the ${choices.flow} of ${name} by source, from ${interval(starts[0], HOUR, timeZone)} to ` +
        `${interval(starts.at(-1), HOUR, timeZone)}. Arrow keys read it hour by hour; the table has all numbers.`,
    );
    this.#showLegend(this.#cursor);
  }

  #showLegend(index) {
    this.#cursor = index;
    if (!this.#shown) return;
    const { intervals, choices, modes, timeZone } = this.#shown;
    const newest = intervals.findLastIndex(({ power: row }) => row !== null);
    const shown = intervals[index ?? newest] ?? intervals[newest];
    if (!shown) return;
    const { at, power: row, carbon, expected } = shown;
    const total = row?.[`${choices.flow}_total_mw`];
    const parts = [
      interval(at, HOUR, timeZone),
      ...(kindOf(shown) === "forecast" ? [`${decimals(expected, 0)} gCO₂eq/kWh expected`, "forecast"] : []),
      ...(row ? [`${choices.flow} ${power(total)}`] : kindOf(shown) === "forecast" ? [] : ["no data"]),
      ...(carbon ? [`${decimals(carbon.carbon, 0)} gCO₂eq/kWh`] : []),
      ...(row ? [row.kind] : []),
    ];
    byId("at").textContent = parts.join(" · ");
    const values = row ? breakdown(row, choices.flow, modes) : modes.map((mode) => ({ mode, value: null }));
    const isAhead = intervals.some((each) => kindOf(each) === "forecast");
    byId("legend").replaceChildren(...values.reverse().map(line), hatched(), ...(isAhead ? [dashed()] : []));
  }
}

function line({ mode, value, percent: share }) {
  const charging = mode.isStorage && value < 0 ? " (charging)" : "";
  return element(
    "li",
    { dataset: { mode: mode.key } },
    element("span", { className: "swatch", style: { background: mode.colour } }),
    element("span", {}, mode.label + charging),
    element("span", {}, amount(value, value === null ? MISSING : power(value))),
    element("span", { className: "share" }, value < 0 ? "" : percent(share)),
  );
}

function isEstimated(row) {
  return row !== null && row.kind !== "measured";
}

function dashed() {
  return element("li", {}, element("span", { className: "swatch dashed" }), element("span", {}, "dashed: expected"));
}

function hatched() {
  return element(
    "li",
    {},
    element("span", { className: "swatch estimated" }),
    element("span", {}, "hatched: estimated"),
  );
}
