// CSV as RFC 4180 has it: what the API sends is read, what is shown is written.

/** Records by column name; an empty field is null. A quoted field may hold commas, quotes and line breaks. */
export function parseCsv(text) {
  const [header, ...lines] = split(text);
  if (header === undefined) return [];
  return lines.map((fields) =>
    Object.fromEntries(header.map((name, index) => [name, fields[index] === "" ? null : (fields[index] ?? null)])),
  );
}

/** A header line and lines of values; null and undefined become empty fields. */
export function formatCsv(header, rows) {
  return [header, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function split(text) {
  const lines = [];
  let line = [];
  let position = 0;
  while (position < text.length) {
    let value = "";
    if (text[position] === '"') {
      position += 1;
      for (;;) {
        const quote = text.indexOf('"', position);
        if (quote < 0) throw new SyntaxError("A quoted field does not end.");
        value += text.slice(position, quote);
        position = quote + 1;
        if (text[position] !== '"') break;
        value += '"';
        position += 1;
      }
    } else {
      let end = position;
      while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end += 1;
      value = text.slice(position, end);
      position = end;
    }
    line.push(value);
    if (text[position] === ",") {
      position += 1;
      if (position === text.length) line.push("");
      else if (position < text.length) continue;
    }
    if (text[position] === "\r") position += 1;
    if (text[position] === "\n") position += 1;
    lines.push(line);
    line = [];
  }
  return lines;
}
