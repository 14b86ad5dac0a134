// Numbers and times as people read them. Every function is pure: the present is given.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const MISSING = "–";

/** Power in MW or GW, with its unit. */
export function power(mw) {
  if (mw === null || mw === undefined) return MISSING;
  return Math.abs(mw) >= 1000 ? `${decimals(mw / 1000, 1)} GW` : `${decimals(mw, 0)} MW`;
}

/** A number with so many decimals (0 or 1) and groups of thousands. */
export function decimals(value, digits) {
  if (value === null || value === undefined) return MISSING;
  const text = numbers[digits].format(value);
  return /^-[0.]+$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/** A share in percent. */
export function percent(value) {
  return value === null || value === undefined ? MISSING : `${decimals(value, value > 0 && value < 1 ? 1 : 0)} %`;
}

/** A length of time in one unit, rounded down. */
export function duration(milliseconds) {
  if (milliseconds < HOUR) return `${Math.max(0, Math.floor(milliseconds / MINUTE))} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} days`;
}

/** Day and time of an instant on the clock of `timeZone`. */
export function moment(at, timeZone) {
  return formatter(timeZone, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })
    .format(at)
    .replace(",", "");
}

/** Time of day. */
export function clock(at, timeZone) {
  return formatter(timeZone, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** The interval that begins at an instant. */
export function interval(at, width, timeZone) {
  return `${moment(at, timeZone)}–${clock(at + width, timeZone)}`;
}

/** An instant as the API and CSV write it. */
export function instant(at) {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

// To make a formatter takes longer than all else that a table does.
const numbers = [0, 1].map(
  (digits) => new Intl.NumberFormat("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
const formatters = new Map();

function formatter(timeZone, options) {
  const key = `${timeZone} ${Object.keys(options)}`;
  if (!formatters.has(key)) {
    formatters.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone, hourCycle: "h23" }));
  }
  return formatters.get(key);
}
