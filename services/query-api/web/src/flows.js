// The card of what crosses the borders.
import { byId, element } from "./dom.js";
import { power } from "./format.js";
import { exchanges } from "./rows.js";

/** Show the exchange of a power document (null: none) by neighbour; `nameOf` names zones, `onZone` goes to one. */
export function showFlows(document, nameOf, onZone) {
  const flows = document === null ? [] : exchanges(document);
  if (flows.length === 0) {
    byId("flows").replaceChildren(element("p", { className: "empty" }, "No exchange is reported."));
    return;
  }
  const largest = Math.max(...flows.map(({ value }) => Math.abs(value)), 1);
  byId("flows").replaceChildren(
    element("p", { className: "key" }, element("span", {}, "← export"), element("span", {}, "import →")),
    element(
      "ul",
      { className: "flows" },
      flows.map((flow) => line(flow, largest, nameOf(flow.zone), onZone)),
    ),
  );
}

function line({ zone, value }, largest, name, onZone) {
  const direction = value < 0 ? "export" : "import";
  const width = `${(50 * Math.abs(value)) / largest}%`;
  return element(
    "li",
    { dataset: { neighbour: zone } },
    element("button", { className: "link", type: "button", onclick: () => onZone(zone) }, name),
    element(
      "span",
      { className: "bar", attributes: { "aria-hidden": "true" } },
      element("span", { className: direction, style: { width } }),
    ),
    element(
      "span",
      { className: "amount" },
      element("data", { value }, power(Math.abs(value))),
      value === 0 ? "" : value < 0 ? " out" : " in",
    ),
  );
}
