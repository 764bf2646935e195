// Containers: columns and interactive containers.
import { html } from "../vendor/preact-htm.js";
import { useCallback } from "./callback.js";
import { background, border } from "./colours.js";
import { useCard } from "./context.js";
import { Element, Elements } from "./element.js";
import { arrangement, distance, lengths } from "./measures.js";
import { wordsOf } from "./text.js";

const FLEX_MODES = new Set(["none", "stretch", "flow", "bisect", "trisect"]);
const ACROSS = { left: "flex-start", center: "center", right: "flex-end" };
const MOST_WEIGHT = 5;

export function ColumnSet({ part }) {
  const card = useCard();
  const mode = FLEX_MODES.has(part.flex_mode) ? part.flex_mode : "none";
  const own = background(part.background_style, card.colours);
  const style = {
    gap: distance(part.horizontal_spacing, 8),
    justifyContent: ACROSS[part.horizontal_align],
    background: own,
    borderRadius: own && "6px",
  };
  return html`<${Pressable} action=${part.action} className=${`c-columns c-columns-${mode}`} style=${style}>
    ${(Array.isArray(part.columns) ? part.columns : []).map((column, index) => html`<div
      key=${column?.element_id ?? index} class="c-column-place" style=${shareOf(column, mode)}
    ><${Element} part=${column} /></div>`)}
  </${Pressable}>`;
}

/** How wide a column is: a share of what there is, as wide as its content, or so many px. */
function shareOf(column, mode) {
  if (mode === "bisect" || mode === "trisect") return {};
  const exact = lengths(column?.width);
  if (exact) return { flex: `0 1 ${exact}`, width: exact };
  if (column?.width !== "weighted") return { flex: "0 1 auto" };
  const weight = Math.min(MOST_WEIGHT, Math.max(1, Number(column.weight) || 1));
  return { flex: `${weight} 1 0` };
}

export function Column({ part }) {
  const card = useCard();
  const own = background(part.background_style, card.colours);
  const style = { ...arrangement(part), background: own, borderRadius: own && "6px" };
  return html`<${Pressable} action=${part.action} className="c-stack c-column" style=${style}>
    <${Elements} list=${part.elements} />
  </${Pressable}>`;
}

/** A container that opens an address when `action.multi_url` is there. */
function Pressable({ action, className, style, children }) {
  if (!action?.multi_url && !action?.url) {
    return html`<div class=${className} style=${style}>${children}</div>`;
  }
  const part = { behaviors: [{ type: "open_url", default_url: action.url, ...action.multi_url }] };
  return html`<${Touch} part=${part} className=${className} style=${style}>${children}</${Touch}>`;
}

export function InteractiveContainer({ part }) {
  const card = useCard();
  const style = {
    ...arrangement(part, { padding: "4px 12px" }),
    width: part.width === "auto" ? "fit-content" : lengths(part.width),
    height: lengths(part.height),
    background: background(part.background_style, card.colours),
    borderRadius: lengths(part.corner_radius) ?? "8px",
    borderColor: border(part.border_color, card.colours),
  };
  const name = `c-stack c-container${part.has_border ? " c-container-bordered" : ""}`;
  const tips = part.disabled ? part.disabled_tips ?? part.hover_tips : part.hover_tips;
  const title = wordsOf(tips, card.lang) || undefined;
  return html`<${Touch} part=${part} className=${name} style=${style} title=${title}>
    <${Elements} list=${part.elements} />
  </${Touch}>`;
}

const INNER = "a, button, input, textarea, select, label, summary, [role=button], [role=option]";

/** A box that is pressed like a button, except where something inside is pressed itself. */
function Touch({ part, className, style, title, children }) {
  const { busy, use } = useCallback(part);
  const press = (event) => {
    const inner = event.target.closest(INNER);
    if (inner && inner !== event.currentTarget) return;
    event.stopPropagation();
    use();
  };
  const type = (event) => {
    if (event.target !== event.currentTarget || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    press(event);
  };
  return html`<div
    class=${`${className} c-touch${busy ? " c-busy" : ""}`} style=${style} title=${title} role="button"
    tabindex=${part.disabled ? -1 : 0} aria-disabled=${part.disabled === true} aria-busy=${busy}
    onClick=${press} onKeyDown=${type}
  >${children}</div>`;
}
