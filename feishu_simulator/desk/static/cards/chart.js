// Charts. Feishu draws them with VChart; here simple ones are drawn, and of others the figures shown.
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { useCard } from "./context.js";
import { Icon } from "./icons.js";
import { PagedTable } from "./paged-table.js";
import { Bars, canLie, canPie, Pie } from "./pie.js";
import { canPlot, Plot } from "./plot.js";

const DRAWINGS = [[canPlot, Plot], [canPie, Pie], [canLie, Bars]];
const PAGE = 8;
const MOST_COLUMNS = 8;

export function Chart({ part }) {
  useCard();
  const spec = part.chart_spec ?? {};
  const title = spec.title?.text;
  const rows = rowsOf(spec);
  const [, Drawing] = DRAWINGS.find(([can]) => can(spec, rows)) ?? [];
  if (Drawing) {
    return html`<div class="c-chart">
      ${title && html`<div class="c-chart-head"><strong>${textOf(title)}</strong></div>`}
      <${Drawing} spec=${spec} rows=${rows} title=${title ? textOf(title) : say("card_chart")} />
    </div>`;
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, MOST_COLUMNS);
  const head = html`<tr>${names.map((name) => html`<th>${name}</th>`)}</tr>`;
  const body = rows.map((row) => html`<tr>${names.map((name) => html`<td>${textOf(row[name])}</td>`)}</tr>`);
  return html`<div class="c-chart">
    <div class="c-chart-head">
      <${Icon} token="chart_outlined" />
      <strong>${title ? textOf(title) : say("card_chart")}</strong>
      <span class="c-tag c-hue-neutral">${String(spec.type ?? "?")}</span>
    </div>
    ${rows.length > 0 && html`<${PagedTable} head=${head} rows=${body} pageSize=${PAGE} />`}
    <div class="c-chart-hint">${say("card_chart_hint")}</div>
  </div>`;
}

/** The figures: data is {values} or a list of such. */
function rowsOf(spec) {
  const sources = [spec.data].flat().filter(Boolean);
  const values = sources.flatMap((source) => (Array.isArray(source) ? source : source.values ?? []));
  return values.filter((row) => row && typeof row === "object");
}

const textOf = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value ?? ""));
