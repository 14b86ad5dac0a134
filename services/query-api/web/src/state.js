// What is chosen: in the address, and what of it is remembered. Pure.
export const RANGES = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };
const CHOICES = {
  range: Object.keys(RANGES),
  flow: ["production", "consumption"],
  time: ["utc", "local"],
  view: ["chart", "table"],
  metric: ["carbon_intensity", "renewable_percent", "fossil_free_percent"],
};
const REMEMBERED = ["zone", "range", "time"];
const ZONE = /^[A-Z0-9]+(-[A-Z0-9]+)*$/;

/** The choices of an address; what it does not say is as remembered, else the first. `zone` may stay null. */
export function chosen(search, remembered = {}) {
  const parameters = new URLSearchParams(search);
  const pick = (name) => CHOICES[name].find((choice) => choice === parameters.get(name));
  const kept = (name) => CHOICES[name].find((choice) => REMEMBERED.includes(name) && choice === remembered[name]);
  const zone =
    [parameters.get("zone"), remembered.zone].find((key) => typeof key === "string" && ZONE.test(key)) ?? null;
  const others = Object.keys(CHOICES).map((name) => [name, pick(name) ?? kept(name) ?? CHOICES[name][0]]);
  return { zone, ...Object.fromEntries(others) };
}

/** The query of the address that says these choices; a first choice goes without saying, but for what is remembered. */
export function searchOf(choices) {
  const parameters = new URLSearchParams();
  if (choices.zone) parameters.set("zone", choices.zone);
  for (const [name, [first]] of Object.entries(CHOICES)) {
    if (choices[name] !== first || REMEMBERED.includes(name)) parameters.set(name, choices[name]);
  }
  return `?${parameters}`;
}

/** What to remember of the choices. */
export function toRemember(choices) {
  return Object.fromEntries(REMEMBERED.map((name) => [name, choices[name]]));
}

/** The window of a range: whole hours, the current one included. Milliseconds, end exclusive. */
export function windowOf(range, now) {
  const hour = 3_600_000;
  const end = (Math.floor(now / hour) + 1) * hour;
  return { start: end - RANGES[range] * hour, end };
}
