// The card of the greenest hours ahead, in words; hidden where no forecast is fresh enough.
import { amount, byId, element } from "./dom.js";
import { clock, decimals, duration, moment, percent } from "./format.js";

/** Show the best window, null for none, of a forecast issued at an instant. */
export function showAhead(best, issuedAt, now, timeZone) {
  byId("ahead").hidden = best === null;
  if (best === null) return;
  byId("best").replaceChildren(
    element("strong", {}, `${moment(best.start, timeZone)}–${clock(best.end, timeZone)}`),
    " (",
    best.start - now < 60_000 ? "about to begin" : `in ${duration(best.start - now)}`,
    "): ",
    ...amount(best.mean, decimals(best.mean, 0), "gCO₂eq/kWh"),
    " expected",
    best.savedPercent >= 0.5 ? `, ${percent(best.savedPercent)} less than at once` : "",
    ".",
  );
  byId("issued").textContent = `By the forecast issued ${duration(now - issuedAt)} ago.`;
}
