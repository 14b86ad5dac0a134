// The card that compares zones.
import { byId, element } from "./dom.js";
import { decimals } from "./format.js";
import { METRICS } from "./modes.js";

/** Fill the list of metrics; `onMetric` gets the key of the chosen one. */
export function setUpRanking(onMetric) {
  const select = byId("metric");
  select.replaceChildren(...METRICS.map(({ key, label }) => element("option", { value: key }, label)));
  select.addEventListener("change", () => onMetric(select.value));
}

/** Show the members of a ranking that have a rank. */
export function showRanking(members, choices, onZone) {
  const metric = METRICS.find(({ key }) => key === choices.metric);
  byId("metric").value = choices.metric;
  const ranked = members.filter(({ rank }) => rank !== null);
  const without = members.length - ranked.length;
  const focused = document.activeElement?.dataset?.zone;
  byId("ranking").replaceChildren(
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element("tr", {}, heading("#"), heading("Zone", "text"), heading(metric.unit), heading("Kind", "text")),
      ),
      element(
        "tbody",
        {},
        ranked.map((member) => line(member, choices.zone, onZone)),
      ),
    ),
    without ? element("p", { className: "hint" }, `${without} zones have no number of the last day.`) : "",
  );
  if (focused) byId("ranking").querySelector(`[data-zone="${focused}"]`)?.focus();
}

function heading(text, className = "") {
  return element("th", { scope: "col", className }, text);
}

function line({ rank, zone, name, value, kind }, current, onZone) {
  const button = element(
    "button",
    { className: "link", type: "button", onclick: () => onZone(zone), dataset: { zone } },
    name ?? zone,
  );
  if (zone === current) button.setAttribute("aria-current", "true");
  return element(
    "tr",
    { className: zone === current ? "current" : "" },
    element("td", {}, String(rank)),
    element("td", { className: "text" }, button),
    element("td", {}, element("data", { value }, decimals(value, 0))),
    element("td", { className: "text" }, kind),
  );
}
