// A simple drawing of the charts that are met most: columns, side by side or stacked, and lines.
import { html } from "../vendor/preact-htm.js";

const WIDTH = 360;
const HEIGHT = 180;
const LEFT = 34;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 18;
const MOST_LABELS = 8;
const LABEL_CHARS = 12;
const HUES = ["blue", "turquoise", "orange", "violet", "green", "red", "indigo", "yellow"];

/** Whether `Plot` can draw it: a column or line chart with figures by place. */
export function canPlot(spec, rows) {
  const field = placeField(spec);
  return ["bar", "line"].includes(spec.type) && spec.direction !== "horizontal" && rows.length > 0
    && rows.every((row) => row[field] !== undefined && Number.isFinite(row[spec.yField]));
}

export function Plot({ spec, rows, title }) {
  const field = placeField(spec);
  const places = [...new Set(rows.map((row) => String(row[field])))];
  const series = [...new Set(rows.map((row) => String(row[spec.seriesField] ?? "")))];
  const isStacked = spec.type === "bar" && (spec.stack === true || !Array.isArray(spec.xField));
  const figures = places.map((place) => series.map((one) => amountOf(rows, spec, field, place, one)));
  const heights = figures.flatMap((place) => (isStacked ? [place.reduce((a, b) => a + b, 0)] : place));
  const top = roundUp(Math.max(...heights, 0));
  const y = (amount) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - amount / top);
  const step = (WIDTH - LEFT - RIGHT) / places.length;
  const draw = spec.type === "line" ? lines : isStacked ? stacks : groups;
  const every = Math.ceil(places.length / MOST_LABELS);
  return html`<div class="c-plot">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${title}>
      ${[0, top / 2, top].filter(Number.isInteger).map((tick) => html`
        <line class="c-plot-line" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(tick)} y2=${y(tick)} />
        <text x=${LEFT - 4} y=${y(tick) + 3} text-anchor="end">${short(tick)}</text>`)}
      ${draw({ places, series, figures, y, step })}
      ${places.map((place, at) => at % every === 0 && html`
        <text x=${LEFT + step * (at + 0.5)} y=${HEIGHT - 5} text-anchor="middle">
          ${place.length > LABEL_CHARS ? `${place.slice(0, LABEL_CHARS - 1)}…` : place}
        </text>`)}
    </svg>
    <ul class="c-plot-legend">
      ${series.filter(Boolean).map((one, at) => html`<li key=${one}>
        <span style=${{ background: fill(at) }}></span>${one}
      </li>`)}
    </ul>
  </div>`;
}

function stacks({ places, series, figures, y, step }) {
  return places.map((place, at) => {
    let below = 0;
    return series.map((one, number) => {
      const from = below;
      below += figures[at][number];
      return bar({ place, one, amount: figures[at][number], number, x: LEFT + step * (at + 0.2),
        width: step * 0.6, top: y(below), bottom: y(from) });
    });
  });
}

function groups({ places, series, figures, y, step }) {
  const width = (step * 0.8) / series.length;
  return places.map((place, at) => series.map((one, number) => bar({
    place, one, amount: figures[at][number], number, x: LEFT + step * (at + 0.1) + width * number,
    width: width * 0.9, top: y(figures[at][number]), bottom: y(0),
  })));
}

function lines({ places, series, figures, y, step }) {
  return series.map((one, number) => {
    const points = places.map((_, at) => `${LEFT + step * (at + 0.5)},${y(figures[at][number])}`);
    return html`<polyline class="c-plot-curve" points=${points.join(" ")} style=${{ stroke: fill(number) }}>
      <title>${one}</title>
    </polyline>`;
  });
}

function bar({ place, one, amount, number, x, width, top, bottom }) {
  return amount > 0 && html`<rect x=${x} width=${width} y=${top} height=${bottom - top}
    style=${{ fill: fill(number) }}><title>${[place, one, amount].filter(Boolean).join(" · ")}</title></rect>`;
}

/** The field of the places; of the first of several, which VChart groups by. */
const placeField = (spec) => [spec.xField].flat()[0];

function amountOf(rows, spec, field, place, one) {
  return rows
    .filter((row) => String(row[field]) === place && String(row[spec.seriesField] ?? "") === one)
    .reduce((sum, row) => sum + row[spec.yField], 0);
}

/** The least of 1, 2, 4, 6, 8, 10, 20 … that is not below. */
function roundUp(most) {
  if (most <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 6, 8, 10].map((one) => one * unit).find((one) => one >= most);
}

const short = (amount) => (amount >= 1000 ? `${amount / 1000}k` : String(amount));
const fill = (number) => `var(--hue-${HUES[number % HUES.length]})`;
