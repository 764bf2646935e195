// The table component: columns with types, rows by column name.
import { html } from "../vendor/preact-htm.js";
import { classes } from "./classes.js";
import { hueOr } from "./colours.js";
import { useCard } from "./context.js";
import { Markdown } from "./markdown.js";
import { PagedTable } from "./paged-table.js";
import { PersonMark } from "./people.js";
import { textStyle, wordsOf } from "./text.js";

const PAGE = 5;
const MOST_PER_PAGE = 10;
const HEIGHTS = new Set(["low", "middle", "high", "auto"]);
const SIDES = new Set(["left", "center", "right"]);
const two = (number) => String(number).padStart(2, "0");

export function Table({ part }) {
  const card = useCard();
  const columns = Array.isArray(part.columns) ? part.columns : [];
  const rows = Array.isArray(part.rows) ? part.rows : [];
  const style = part.header_style ?? {};
  const headStyle = {
    ...textStyle(style, card),
    background: style.background_style === "grey" ? "var(--hover)" : undefined,
    fontWeight: style.bold === false ? "normal" : undefined,
  };
  const head = html`<tr>
    ${columns.map((column) => html`<th style=${{ ...headStyle, width: widthOf(column) }}>
      ${wordsOf({ ...column, content: column?.display_name ?? column?.name }, card.lang)}
    </th>`)}
  </tr>`;
  const bodyRows = rows.map((row) => html`<tr>
    ${columns.map((column) => html`<td class=${sideOf(column)}>
      ${cell(row?.[column?.name], column ?? {}, card)}
    </td>`)}
  </tr>`);
  const height = HEIGHTS.has(part.row_height) ? part.row_height : "low";
  const size = Math.min(MOST_PER_PAGE, Math.max(1, Number(part.page_size) || PAGE));
  const name = classes(`c-table-rows-${height}`, part.freeze_first_column && "c-table-frozen");
  return html`<${PagedTable} head=${head} rows=${bodyRows} pageSize=${size} className=${name} />`;
}

function cell(value, column, card) {
  if (value === undefined || value === null) return "";
  switch (column.data_type) {
    case "number":
      return numberText(value, column.format);
    case "date":
      return dateText(value, column.date_format);
    case "options":
      return [value].flat().map((one) => html`<span class=${`c-tag c-hue-${hueOr(one?.color, "neutral")}`}>
        ${typeof one === "object" ? String(one?.text ?? "") : String(one)}
      </span>`);
    case "persons":
      return [value].flat().map((id) => html`<${PersonMark} id=${String(id)} isCapsule=${true} />`);
    case "lark_md":
    case "markdown":
      return html`<${Markdown}
        content=${String(value)} isFull=${card.isV2 && column.data_type === "markdown"}
      />`;
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

function numberText(value, format = {}) {
  const number = Number(value);
  if (value === "" || Number.isNaN(number)) return String(value);
  const isFixed = Number.isInteger(format?.precision);
  const fixed = isFixed ? number.toFixed(Math.min(10, Math.max(0, format.precision))) : String(number);
  const [whole, rest] = fixed.split(".");
  const grouped = format?.separator ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return `${format?.symbol ?? ""}${grouped}${rest === undefined ? "" : `.${rest}`}`;
}

function dateText(value, format) {
  const date = new Date(Number(value));
  if (Number.isNaN(date.getTime())) return String(value);
  const parts = {
    YYYY: date.getFullYear(),
    YY: two(date.getFullYear() % 100),
    MM: two(date.getMonth() + 1),
    DD: two(date.getDate()),
    HH: two(date.getHours()),
    mm: two(date.getMinutes()),
    ss: two(date.getSeconds()),
  };
  return (format || "YYYY/MM/DD").replace(/YYYY|YY|MM|DD|HH|mm|ss/g, (name) => parts[name]);
}

const sideOf = (column) => (SIDES.has(column?.horizontal_align) ? `c-to-${column.horizontal_align}` : "");

const widthOf = (column) => (/^\d{1,3}(?:px|%)$/.test(column?.width) ? column.width : undefined);
