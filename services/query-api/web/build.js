// Puts the page together in the folder that the first argument names: our modules as they are, and uPlot.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, "dist"));
const uplot = join(here, "node_modules", "uplot");
const vendor = join(target, "vendor");

await rm(target, { recursive: true, force: true });
await cp(join(here, "src"), target, { recursive: true });
await mkdir(vendor, { recursive: true });
// Of uPlot only the build for plain scripts is minified; as a module it needs nothing but an export.
const script = await readFile(join(uplot, "dist", "uPlot.iife.min.js"), "utf8");
await writeFile(join(vendor, "uplot.js"), `${script}\nexport default uPlot;\n`);
await cp(join(uplot, "dist", "uPlot.min.css"), join(vendor, "uplot.css"));
await cp(join(uplot, "LICENSE"), join(vendor, "uplot.LICENSE.txt"));
