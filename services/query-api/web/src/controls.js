// What a visitor can choose, but for what is on the cards.
import { byId, element } from "./dom.js";

const THEME = "gridpulse-theme";

/** `onChoice(name, value)` is called when something is chosen, `onTheme()` when the colours have changed. */
export function setUpControls(onChoice, onTheme) {
  byId("zone").addEventListener("change", (event) => onChoice("zone", event.target.value));
  for (const set of document.querySelectorAll("[data-choice]")) {
    set.addEventListener("change", (event) => onChoice(set.dataset.choice, event.target.value));
  }
  const theme = byId("theme");
  theme.value = document.documentElement.dataset.theme ?? "auto";
  theme.addEventListener("change", () => {
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(THEME, theme.value);
    onTheme();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onTheme);
}

/** Make the controls say what is chosen. */
export function showChoices(choices, localTimeZone) {
  for (const set of document.querySelectorAll("[data-choice]")) {
    for (const input of set.querySelectorAll("input")) input.checked = input.value === choices[set.dataset.choice];
  }
  byId("zone").value = choices.zone;
  byId("local-time").textContent = localTimeZone.split("/").at(-1).replaceAll("_", " ");
  byId("local-time").title = `The zone's own clock: ${localTimeZone}`;
}

/** Fill the picker: first the zones that have data now. */
export function showZones(zones, withData) {
  const group = (label, members) => (members.length === 0 ? [] : [element("optgroup", { label }, members.map(option))]);
  const byName = zones.toSorted((a, b) => a.name.localeCompare(b.name));
  const select = byId("zone");
  const { value } = select;
  select.replaceChildren(
    ...group(
      "With data",
      byName.filter(({ key }) => withData.has(key)),
    ),
    ...group(
      "Without data of the last day",
      byName.filter(({ key }) => !withData.has(key)),
    ),
  );
  if (value) select.value = value;
}

function option({ key, name }) {
  return element("option", { value: key }, `${name} (${key})`);
}

/** Ask for an API key, for as long as none is given. */
export function askForKey(reason) {
  const dialog = byId("key-dialog");
  byId("key-reason").textContent = reason;
  byId("key").value = "";
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(byId("key").value.trim()), { once: true });
  });
}

/** Show how the page is connected. */
export function showLive(state, text) {
  const live = byId("live");
  live.dataset.state = state;
  if (live.textContent !== text) live.textContent = text;
}

/** Show what went wrong; null: nothing does. */
export function showNotice(text) {
  const notice = byId("notice");
  notice.hidden = text === null;
  if (notice.textContent !== (text ?? "")) notice.textContent = text ?? "";
}
