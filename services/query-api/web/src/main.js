// The page: what is chosen, what is loaded, and what changes them.
import { showAhead } from "./ahead.js";
import { Api, orNull, Refused, sentence } from "./api.js";
import { askForKey, setUpControls, showChoices, showLive, showNotice, showZones } from "./controls.js";
import { byId } from "./dom.js";
import { expectedBetween, forecastFromDocument, newerForecast, windowFromDocument } from "./expected.js";
import { showFlows } from "./flows.js";
import { duration, instant } from "./format.js";
import { Mix } from "./mix.js";
import { showBadges, showNow } from "./now.js";
import { setUpRanking, showRanking } from "./ranking.js";
import { carbonFromCsv, carbonFromDocument, isNewer, merged, onGrid, powerFromCsv, powerFromDocument } from "./rows.js";
import { chosen, searchOf, toRemember, windowOf } from "./state.js";
import { follow } from "./stream.js";
import { download } from "./table.js";

const HOUR = 3_600_000;
const AHEAD = 24 * HOUR;
const BEST = "best-window?duration=PT3H&within=PT24H";
const CHOICES = "gridpulse-choices";
const RANKING_PERIOD = 60_000;
const TICK = 15_000;
const RETRY = 5000;

const api = new Api(askForKey);
const mix = new Mix();
let choices;
let zones = new Map();
let ranking = [];
let data = nothing();
let loading = new AbortController();
let unfollow = () => {};

function nothing() {
  const newest = { power: null, carbon: null };
  return { power: [], carbon: [], newest, forecast: null, best: null, document: null, isLoaded: false };
}

const nameOf = (key) => zones.get(key)?.name ?? key;
const localTimeZone = () => zones.get(choices.zone)?.timezone ?? "UTC";
const timeZone = () => (choices.time === "utc" ? "UTC" : localTimeZone());

// What is shown

function show() {
  showChoices(choices, localTimeZone());
  showMix();
  showNow(data.newest);
  showAges();
  showFlows(data.document, nameOf, goTo);
  byId("now-title").textContent = `${nameOf(choices.zone)} now`;
  document.title = `${nameOf(choices.zone)} · GridPulse`;
}

function showMix() {
  const { start, end } = windowOf(choices.range, Date.now());
  const intervals = intervalsOf(start, end);
  mix.showEmpty(whyEmpty());
  // The current hour is a gap until the source has said something of it.
  const last = intervals.findLastIndex(({ power, carbon: row }) => power || row);
  const past = last < 0 ? intervals : intervals.slice(0, last + 1);
  mix.show([...past, ...ahead(past.at(-1).at + HOUR)], choices, nameOf(choices.zone), timeZone());
}

function intervalsOf(start, end) {
  const carbon = onGrid(data.carbon, start, end, HOUR);
  return onGrid(data.power, start, end, HOUR).map((power, index) => ({
    at: start + index * HOUR,
    power,
    carbon: carbon[index],
    expected: null,
  }));
}

/** The hours from `start` on of which the source has said nothing, but a forecast has; none where it is old. */
function ahead(start) {
  if (choices.range !== "24h" || !data.best) return [];
  const expected = expectedBetween(data.forecast, start, Date.now() + AHEAD);
  const last = Math.max(...expected.keys());
  const hours = [];
  for (let at = start; at <= last; at += HOUR) {
    hours.push({ at, power: null, carbon: null, expected: expected.get(at) ?? null });
  }
  return hours;
}

function whyEmpty() {
  if (!data.isLoaded) return "Loading …";
  const newest = data.newest.power?.at;
  if (!newest) return "No data of this zone have arrived yet.";
  return `Nothing in this range; the newest hour is ${duration(Date.now() - newest)} old.`;
}

function showAges() {
  if (data.isLoaded) showBadges(data.newest, Date.now(), timeZone());
  showAhead(data.best, data.forecast?.issuedAt, Date.now(), timeZone());
}

// What is loaded

async function load() {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  const { start, end } = windowOf(choices.range, Date.now());
  const zone = `v1/zones/${choices.zone}`;
  const range = `start=${instant(start)}&end=${instant(end)}`;
  try {
    const [power, carbon, document, intensity, forecast, best] = await Promise.all([
      api.text(`${zone}/power-breakdown?${range}&format=csv`, { signal }),
      api.text(`${zone}/carbon-intensity?${range}&format=csv`, { signal }),
      orNull(api.json(`${zone}/power-breakdown/latest`, { signal })),
      orNull(api.json(`${zone}/carbon-intensity/latest`, { signal })),
      orNull(api.json(`${zone}/forecast`, { signal })),
      orNull(api.json(`${zone}/${BEST}`, { signal })),
    ]);
    // The stream may have told something newer meanwhile: it stays.
    data.power = merged(powerFromCsv(power), data.power);
    data.carbon = merged(carbonFromCsv(carbon), data.carbon);
    if (document) keepNewest("power", powerFromDocument(document), document);
    if (intensity) keepNewest("carbon", carbonFromDocument(intensity));
    if (forecast) data.forecast = newerForecast(forecastFromDocument(forecast), data.forecast);
    data.best = best && windowFromDocument(best);
    data.isLoaded = true;
    showNotice(null);
    show();
  } catch (error) {
    if (signal.aborted) return;
    showNotice(sentence(error));
    setTimeout(() => signal.aborted || load(), RETRY);
  }
}

function keepNewest(name, row, document) {
  const known = data.newest[name];
  if (known && !isNewer(row, known)) return;
  data.newest[name] = row;
  if (document) data.document = document;
}

/** The greenest hours ahead; also as time passes, since hours that have begun are none. */
async function loadBest() {
  const { zone } = choices;
  try {
    const best = await orNull(api.json(`v1/zones/${zone}/${BEST}`));
    if (zone !== choices.zone) return;
    data.best = best && windowFromDocument(best);
    show();
  } catch {
    // what is shown stays; `load`, the stream and the next hour ask again
  }
}

async function loadRanking() {
  const { metric } = choices;
  try {
    const answer = await api.json(`v1/ranking?metric=${metric}`);
    if (metric !== choices.metric) return; // another was chosen meanwhile, and its answer may be here already
    ranking = answer.data;
    byId("attribution").textContent = `Data: ${answer.attribution}`;
  } catch (error) {
    showNotice(sentence(error));
    return;
  }
  if (data.isLoaded) showNotice(null);
  showZones([...zones.values()], new Set(ranking.filter(({ rank }) => rank !== null).map(({ zone }) => zone)));
  showRanking(ranking, choices, goTo);
}

// What comes by itself

function connect() {
  unfollow();
  showLive("connecting", "Connecting");
  unfollow = follow(api, `v1/zones/${choices.zone}/stream`, {
    onEvent: takeIn,
    onLive: (isAgain) => {
      showLive("live", "Live");
      if (isAgain) {
        load();
        loadRanking();
      }
    },
    onLost: (error) => showLive("lost", error instanceof Refused ? "Not live" : "Connection lost, trying again"),
  });
}

let isDrawing = false;

function takeIn({ event, data: text }) {
  const document = JSON.parse(text);
  if (document.zone !== choices.zone) return; // the last words of the stream of the zone before
  if (event === "forecast") {
    data.forecast = newerForecast(forecastFromDocument(document), data.forecast);
    loadBest();
    return;
  }
  const isPower = event === "power-breakdown";
  const row = isPower ? powerFromDocument(document) : carbonFromDocument(document);
  const name = isPower ? "power" : "carbon";
  data[name] = merged(data[name], [row]);
  keepNewest(name, row, isPower ? document : undefined);
  if (isDrawing) return;
  isDrawing = true; // events come in bursts
  requestAnimationFrame(() => {
    isDrawing = false;
    show();
  });
}

// What is chosen

function choose(changes, { isNewPlace = false } = {}) {
  const before = choices;
  choices = { ...choices, ...changes };
  localStorage.setItem(CHOICES, JSON.stringify(toRemember(choices)));
  history[isNewPlace ? "pushState" : "replaceState"](null, "", searchOf(choices));
  applied(before);
}

function applied(before) {
  if (choices.zone !== before.zone) {
    data = nothing();
    connect();
  }
  if (choices.metric !== before.metric) loadRanking();
  else showRanking(ranking, choices, goTo);
  if (choices.zone !== before.zone || choices.range !== before.range) load();
  show();
}

function goTo(zone) {
  choose({ zone }, { isNewPlace: true });
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(CHOICES)) ?? {};
  } catch {
    return {};
  }
}

async function begin() {
  choices = chosen(location.search, remembered());
  setUpControls(
    (name, value) => choose({ [name]: value }, { isNewPlace: name === "zone" }),
    () => mix.repaint(),
  );
  setUpRanking((metric) => choose({ metric }));
  byId("download").addEventListener("click", () => {
    const text = mix.csv();
    if (text) download(`gridpulse-${choices.zone}-${choices.range}-${choices.flow}.csv`, text);
  });
  const list = await untilItWorks(() => api.json("v1/zones"));
  zones = new Map(list.data.map((zone) => [zone.key, zone]));
  showZones(list.data, new Set());
  const ranked = loadRanking();
  if (choices.zone === null) {
    await ranked;
    choices.zone = (ranking.find(({ rank }) => rank !== null) ?? list.data[0]).zone ?? list.data[0].key;
  }
  history.replaceState(null, "", searchOf(choices));
  showChoices(choices, localTimeZone());
  load();
  connect();
  window.addEventListener("popstate", () => {
    const before = choices;
    choices = chosen(location.search, remembered());
    applied(before);
  });
  setInterval(showAges, TICK);
  setInterval(() => {
    if (document.hidden) return;
    loadRanking();
    if (data.best && data.best.start <= Date.now()) loadBest();
  }, RANKING_PERIOD);
}

async function untilItWorks(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      showNotice(sentence(error));
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

begin();
