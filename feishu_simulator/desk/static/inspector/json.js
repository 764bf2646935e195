// JSON that can be folded, coloured by kind of value, and copied.
import { Copy } from "./copy.js";
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";

const LONG = 240;
const OPEN_DEPTH = 4;

/** A titled block with a value: an object as a tree, a string as text. */
export function Block({ title, value }) {
  if (value === null || value === undefined || value === "") return null;
  const isText = typeof value === "string";
  const text = () => (isText ? value : JSON.stringify(value, null, 2));
  return html`<section class="wire-block">
    <header><h4>${title}</h4><${Copy} text=${text} label=${`${say("wire_copy")} ${title}`} /></header>
    <div class="wire-json">
      ${isText ? html`<${Text} value=${value} />` : html`<${Value} value=${value} depth=${0} />`}
    </div>
  </section>`;
}

function Value({ name, value, depth, comma = "" }) {
  const key = name === undefined ? null : html`<span class="json-key">${JSON.stringify(name)}</span>: `;
  if (value === null || typeof value !== "object") {
    return html`<div class="json-line">${key}<${Leaf} value=${value} />${comma}</div>`;
  }
  const isList = Array.isArray(value);
  const entries = isList ? value.map((one) => [undefined, one]) : Object.entries(value);
  const [begin, end] = isList ? "[]" : "{}";
  if (entries.length === 0) return html`<div class="json-line">${key}${begin}${end}${comma}</div>`;
  return html`<details class="json-fold" open=${depth < OPEN_DEPTH}>
    <summary>${key}${begin}<span class="json-folded"> ${entries.length} ${end}${comma}</span></summary>
    <div class="json-inside">
      ${entries.map(([inner, one], index) => html`<${Value} key=${inner ?? index} name=${inner} value=${one}
        depth=${depth + 1} comma=${index < entries.length - 1 ? "," : ""} />`)}
    </div>
    <div class="json-end">${end}${comma}</div>
  </details>`;
}

function Leaf({ value }) {
  if (typeof value === "string") return html`<${Text} value=${value} quoted />`;
  return html`<span class="json-literal">${String(value)}</span>`;
}

/** A text that unfolds where it is long. */
export const LongText = ({ value }) => html`<${Text} value=${value} />`;

function Text({ value, quoted = false }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole || value.length <= LONG ? value : `${value.slice(0, LONG)}…`;
  const look = quoted ? "json-string" : "json-text";
  return html`<span class=${look}>${quoted ? JSON.stringify(shown) : shown}</span>
    ${value.length > LONG && html`<button type="button" class="wire-link" onClick=${() => setWhole(!isWhole)}>
      ${say(isWhole ? "wire_less" : "wire_more", { chars: value.length })}
    </button>`}`;
}
