// Buttons.
import { html } from "../vendor/preact-htm.js";
import { formAction, useCallback } from "./callback.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { useForm } from "./form.js";
import { PartIcon } from "./icons.js";
import { wordsOf } from "./text.js";

const TYPES = new Set(
  ["default", "primary", "danger", "text", "primary_text", "danger_text"]
    .concat(["primary_filled", "danger_filled", "laser"]),
);
const SIZES = new Set(["tiny", "small", "medium", "large"]);

export function Button({ part }) {
  const { lang } = useCard();
  const form = useForm();
  const action = form ? formAction(part) : "";
  const { busy, use } = useCallback(action === "submit" ? { confirm: form.confirm, ...part } : part);
  const press = () => {
    if (action === "reset") form.reset();
    const collected = action === "submit" ? form.collect(part) : undefined;
    if (collected !== null) use(collected && { form_value: collected });
  };
  const type = TYPES.has(part.type) ? part.type : "default";
  const size = SIZES.has(part.size) ? part.size : "medium";
  const tips = (part.disabled && part.disabled_tips) || part.hover_tips;
  const words = wordsOf(part.text, lang);
  return html`<button
    type="button" class=${classes("c-btn", `c-btn-${type}`, `c-btn-${size}`, busy && "c-busy")}
    disabled=${part.disabled === true} aria-busy=${busy} title=${wordsOf(tips, lang) || undefined}
    onClick=${press}
  >
    ${part.icon && html`<${PartIcon} icon=${part.icon} size=${size === "tiny" ? 12 : 16} />`}
    ${words && html`<span>${words}</span>`}
  </button>`;
}
