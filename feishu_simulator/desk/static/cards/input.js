// Text fields.
import { html, useRef } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { useCallback } from "./callback.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { useField } from "./form.js";
import { Icon } from "./icons.js";
import { wordsOf } from "./text.js";

const MOST_CHARS = 1000;
const ROWS = 5;

/** Outside forms the text is sent by Enter, by the arrow, or by leaving a field that was changed. */
export function Input({ part }) {
  const { lang } = useCard();
  const first = typeof part.default_value === "string" ? part.default_value : "";
  const { value, set, box, isMissing, inForm } = useField(part, first);
  const { busy, use, calls } = useCallback(part);
  const told = useRef(first);
  const tell = () => {
    if (inForm || field() === told.current) return;
    told.current = field();
    use({ input_value: told.current });
  };
  const field = () => box.current.querySelector("input, textarea").value;
  const isLong = part.input_type === "multiline_text";
  const label = wordsOf(part.label, lang);
  const hint = wordsOf(part.placeholder, lang) || say("card_enter");
  const press = (event) => {
    if (event.key !== "Enter" || event.isComposing || (isLong && !event.ctrlKey && !event.metaKey)) return;
    event.preventDefault();
    tell();
  };
  const common = {
    class: classes("c-field", isMissing && "c-missing"),
    value,
    placeholder: hint,
    "aria-label": label || hint,
    "aria-invalid": isMissing === true,
    maxLength: Math.min(MOST_CHARS, Number(part.max_length) || MOST_CHARS),
    disabled: part.disabled === true,
    onInput: (event) => set(event.target.value),
    onKeyDown: press,
    onBlur: tell,
  };
  const isBeside = part.label_position === "left";
  return html`<div
    class=${classes("c-control", "c-labelled", isBeside && "c-labelled-beside", busy && "c-busy")}
    ref=${box} aria-busy=${busy}
  >
    ${label && html`<span class="c-label">
      ${label}${part.required && html`<span class="c-star">*</span>`}
    </span>`}
    <span class="c-field-place">
      ${isLong
        ? html`<textarea rows=${rowsOf(part, value)} ...${common}></textarea>`
        : html`<input
            type=${part.input_type === "password" ? "password" : "text"} autocomplete="off" ...${common}
          />`}
      ${calls && !inForm && html`<button
        type="button" class="c-icon-button" aria-label=${say("card_send")}
        disabled=${part.disabled === true} onClick=${tell}
      ><${Icon} token="send_outlined" /></button>`}
    </span>
  </div>`;
}

function rowsOf(part, value) {
  const rows = Number(part.rows) || ROWS;
  if (!part.auto_resize) return rows;
  return Math.min(Number(part.max_rows) || Infinity, Math.max(rows, value.split("\n").length));
}
