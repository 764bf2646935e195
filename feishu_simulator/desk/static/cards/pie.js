// A simple drawing of pies and rings, and of bars that lie.
import { html } from "../vendor/preact-htm.js";

const SIZE = 160;
const CENTRE = SIZE / 2;
const RADIUS = 72;
const MOST_BARS = 20;
const HUES = ["blue", "turquoise", "orange", "violet", "green", "red", "indigo", "yellow"];

const hueOf = (number) => `var(--hue-${HUES[number % HUES.length]})`;

const figure = (value) => (value === "" || value === null ? NaN : Number(value));
const slicesOf = (spec, rows) =>
  rows.map((row) => ({ name: String(row[spec.categoryField] ?? ""), amount: figure(row[spec.valueField]) }));
const barsOf = (spec, rows) =>
  rows.map((row) => ({
    name: [row[[spec.yField].flat()[0]], row[spec.seriesField]].filter(Boolean).join(" · "),
    amount: figure(row[spec.xField]),
  }));

/** Whether `Pie` can draw it: figures that aren't negative, and not all of them nothing. */
export function canPie(spec, rows) {
  const amounts = slicesOf(spec, rows).map(({ amount }) => amount);
  return spec.type === "pie" && amounts.every((amount) => amount >= 0) && amounts.some((amount) => amount > 0);
}

/** Whether `Bars` can draw it. */
export const canLie = (spec, rows) =>
  spec.type === "bar" && spec.direction === "horizontal" && rows.length > 0 && rows.length <= MOST_BARS
    && barsOf(spec, rows).every(({ amount }) => amount >= 0);

export function Pie({ spec, rows, title }) {
  const slices = slicesOf(spec, rows);
  const whole = slices.reduce((sum, { amount }) => sum + amount, 0);
  const hole = Math.min(Math.max(Number(spec.innerRadius) || 0, 0), 0.9) * RADIUS;
  let from = 0;
  return html`<div class="c-plot c-pie">
    <svg viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label=${title}>
      ${slices.map(({ name, amount }, at) => {
        const start = from;
        from += amount / whole;
        return amount > 0 && html`<path d=${slice(start, from, hole)} style=${{ fill: hueOf(at) }}>
          <title>${`${name} · ${amount} · ${percent(amount / whole)}`}</title>
        </path>`;
      })}
    </svg>
    <ul class="c-plot-legend">
      ${slices.map(({ name, amount }, at) => html`<li key=${at}>
        <span style=${{ background: hueOf(at) }}></span>${name} ${percent(amount / whole)}
      </li>`)}
    </ul>
  </div>`;
}

export function Bars({ spec, rows, title }) {
  const bars = barsOf(spec, rows);
  const most = Math.max(...bars.map(({ amount }) => amount)) || 1;
  return html`<div class="c-bars" role="img" aria-label=${title}>
    ${bars.map(({ name, amount }, at) => html`<div key=${at}>
      <span>${name}</span>
      <i><b style=${{ width: `${(amount / most) * 100}%` }}></b></i>
      <span>${amount}</span>
    </div>`)}
  </div>`;
}

const percent = (share) => `${Math.round(share * 1000) / 10}%`;

/** The outline of a slice, from one share of the circle to another, clockwise from the top. */
function slice(from, to, hole) {
  if (to - from > 0.9999) return `${slice(0, 0.5, hole)} ${slice(0.5, 1, hole)}`;
  const isLarge = to - from > 0.5 ? 1 : 0;
  const [x0, y0] = onCircle(from, RADIUS);
  const [x1, y1] = onCircle(to, RADIUS);
  const outer = `M${x0} ${y0}A${RADIUS} ${RADIUS} 0 ${isLarge} 1 ${x1} ${y1}`;
  if (hole === 0) return `${outer}L${CENTRE} ${CENTRE}Z`;
  const [x2, y2] = onCircle(to, hole);
  const [x3, y3] = onCircle(from, hole);
  return `${outer}L${x2} ${y2}A${hole} ${hole} 0 ${isLarge} 0 ${x3} ${y3}Z`;
}

function onCircle(share, radius) {
  const angle = share * 2 * Math.PI;
  return [CENTRE + radius * Math.sin(angle), CENTRE - radius * Math.cos(angle)].map((n) => n.toFixed(2));
}
