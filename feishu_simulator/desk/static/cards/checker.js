// Boxes to tick.
import { html } from "../vendor/preact-htm.js";
import { useCallback } from "./callback.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { Elements } from "./element.js";
import { useField } from "./form.js";
import { lengths } from "./measures.js";
import { Text, wordsOf } from "./text.js";

/** Without a callback it can be ticked, which nobody is told. */
export function Checker({ part }) {
  const { lang } = useCard();
  const { value, set, box, isMissing, inForm } = useField(part, part.checked === true);
  const { busy, use } = useCallback(part);
  const change = (event) => {
    set(event.target.checked);
    if (!inForm) use({ checked: event.target.checked });
  };
  const style = part.checked_style ?? {};
  const opacity = value && style.opacity >= 0 && style.opacity <= 1 ? Number(style.opacity) : undefined;
  const buttons = part.button_area?.buttons;
  const isOnHover = part.button_area?.pc_display_rule === "on_hover";
  const isShaded = part.overall_checkable !== false || isOnHover;
  const tips = (part.disabled && part.disabled_tips) || part.hover_tips;
  return html`<div
    class=${classes("c-checker", isShaded && "c-checker-shaded", isOnHover && "c-checker-on-hover",
      busy && "c-busy", isMissing && "c-missing")}
    ref=${box} aria-busy=${busy} title=${wordsOf(tips, lang) || undefined}
    style=${{ padding: lengths(part.padding) }}
  >
    <label>
      <input
        type="checkbox" checked=${value} disabled=${part.disabled === true || busy}
        aria-invalid=${isMissing === true} onChange=${change}
      />
      <span class=${value && style.show_strikethrough ? "c-struck" : ""} style=${{ opacity }}>
        ${part.text && html`<${Text} text=${part.text} />`}
      </span>
    </label>
    ${Array.isArray(buttons) && html`<div class="c-checker-buttons"><${Elements} list=${buttons} /></div>`}
  </div>`;
}
