// The charts, drawn by uPlot: the mix as layers over and under 0, and the carbon intensity as a line.
import { byId } from "./dom.js";
import { decimals } from "./format.js";
import uPlot from "./vendor/uplot.js";

const SECOND = 1000;
const SYNC = uPlot.sync("page");
const CLOCK = [
  [86_400, "{D} {MMM}", null, null, null, null, null, null, 1],
  [3600, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
];

/**
 * A chart in a container. `onCursor` gets the index of the step under the pointer, null where there is none. Steps are
 * drawn as such, since a number is the mean of its interval.
 */
export class Chart {
  #container;
  #onCursor;
  #plot = null;
  #shown = null;
  #steps = 0;
  #estimated = [];

  constructor(id, onCursor) {
    this.#container = byId(id);
    this.#onCursor = onCursor;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#container);
    this.#container.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * Draw `layers`, each { key, label, colour, values, isLine, isDashed }, over the starts of the steps (ms) of `width`;
   * `estimated` says of each step whether to hatch it.
   */
  draw({ starts, width, layers, estimated, timeZone, unit }) {
    const shown = { keys: layers.map(({ key }) => key).join(), timeZone, unit };
    this.#steps = starts.length;
    this.#estimated = estimated;
    // A step needs an end: the last one is drawn up to where the next would begin.
    const times = [...starts, starts.at(-1) + width].map((at) => at / SECOND);
    const data = [times, ...layers.map(({ values }) => [...values, values.at(-1)])];
    if (this.#plot && JSON.stringify(shown) === JSON.stringify(this.#shown)) {
      this.#plot.setData(data);
      return;
    }
    this.#shown = shown;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(layers, timeZone, unit), data, this.#container);
  }

  /** Draw again with the colours of the theme. */
  repaint() {
    this.#plot?.redraw(false);
  }

  #options(layers, timeZone, unit) {
    const axis = { stroke: () => this.#style("color"), font: "12px system-ui, sans-serif" };
    const grid = { stroke: () => this.#style("borderTopColor"), width: 1 };
    const stepped = uPlot.paths.stepped({ align: 1, alignGaps: 1 });
    return {
      ...this.#size(),
      padding: [12, 24, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * SECOND), timeZone),
      cursor: {
        sync: { key: SYNC.key, scales: ["x", null] },
        drag: { x: false, y: false },
        points: { show: false },
        y: false,
      },
      scales: { x: { time: true }, y: { range: (_, low, high) => this.#range(low, high) } },
      axes: [
        { ...axis, grid, ticks: grid, values: CLOCK, space: 60 },
        {
          ...axis,
          grid,
          ticks: grid,
          size: 52,
          label: unit.name,
          labelSize: 18,
          labelFont: axis.font,
          values: (_, ticks) => ticks.map((tick) => decimals(tick / unit.size, digitsOf(ticks, unit.size))),
        },
      ],
      series: [
        {},
        ...layers.map(({ label, colour, isLine, isDashed }) => ({
          label,
          stroke: colour,
          fill: isLine ? undefined : colour,
          fillTo: 0,
          width: isLine ? 2 : 0,
          dash: isDashed ? [5, 4] : undefined,
          paths: stepped,
          points: { show: false },
        })),
      ],
      hooks: {
        draw: [(plot) => this.#hatch(plot), (plot) => this.#zero(plot)],
        setCursor: [
          (plot) => {
            const index = plot.cursor.idx;
            this.#onCursor(index === null || index === undefined ? null : Math.min(index, this.#steps - 1));
          },
        ],
      },
    };
  }

  #range(low, high) {
    if (low === null) return [0, 1];
    return [low < 0 ? low * 1.1 : 0, high > 0 ? high * 1.06 : 1];
  }

  /** Strokes over what is estimated, in the colour of the ground. */
  #hatch(plot) {
    const { ctx, bbox } = plot;
    const [times] = plot.data;
    ctx.save();
    ctx.beginPath();
    this.#estimated.forEach((is, index) => {
      if (!is) return;
      const left = plot.valToPos(times[index], "x", true);
      ctx.rect(left, bbox.top, plot.valToPos(times[index + 1], "x", true) - left, bbox.height);
    });
    ctx.clip();
    ctx.strokeStyle = this.#style("backgroundColor");
    ctx.globalAlpha = 0.55;
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    for (let x = bbox.left - bbox.height; x < bbox.left + bbox.width; x += 6 * devicePixelRatio) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }

  #zero(plot) {
    if (plot.scales.y.min >= 0) return;
    const y = Math.round(plot.valToPos(0, "y", true)) + 0.5;
    plot.ctx.save();
    plot.ctx.strokeStyle = this.#style("color");
    plot.ctx.lineWidth = devicePixelRatio;
    plot.ctx.beginPath();
    plot.ctx.moveTo(plot.bbox.left, y);
    plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
    plot.ctx.stroke();
    plot.ctx.restore();
  }

  #onKey(event) {
    const plot = this.#plot;
    if (!plot) return;
    const last = this.#steps - 1;
    const now = plot.cursor.idx ?? last + 1;
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") plot.setCursor({ left: -10, top: -10 });
    else if (next !== undefined) {
      const [times] = plot.data;
      const index = Math.max(0, Math.min(last, next));
      plot.setCursor({ left: plot.valToPos(times[index], "x"), top: 1 });
    } else return;
    event.preventDefault();
  }

  #style(name) {
    return getComputedStyle(this.#container)[name];
  }

  #size() {
    const width = this.#container.clientWidth || 600;
    const isMain = this.#container.id === "mix";
    return { width, height: isMain ? Math.max(260, Math.min(380, width * 0.45)) : 150 };
  }
}

function digitsOf(ticks, size) {
  return ticks.some((tick) => (tick / size) % 1) ? 1 : 0;
}

/** Megawatts, or gigawatts where numbers are large. */
export function unitOf(layers) {
  const largest = Math.max(0, ...layers.flatMap(({ values }) => values.map(Math.abs)));
  return largest >= 2000 ? { name: "GW", size: 1000 } : { name: "MW", size: 1 };
}
