// Elements, made in short.

/** An element: properties are set as such (`dataset` and `style` by their members), what is left are its children. */
export function element(tag, { dataset = {}, style = {}, attributes = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, dataset);
  Object.assign(made.style, style); // by script, which the content security policy allows
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A number on the screen with the number itself behind it. */
export function amount(value, text, unit) {
  const shown = element("data", { value: value ?? "" }, text);
  return unit ? [shown, " ", element("small", {}, unit)] : [shown];
}

/** The element of an id. */
export function byId(id) {
  return document.getElementById(id);
}
