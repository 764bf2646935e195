// Components that are read: markdown, div, plain_text and text_tag.
import { html } from "../vendor/preact-htm.js";
import { hueOr } from "./colours.js";
import { useCard } from "./context.js";
import { Element } from "./element.js";
import { PartIcon } from "./icons.js";
import { Text, wordsOf } from "./text.js";

export function MarkdownPart({ part }) {
  return html`<div class="c-with-icon">
    ${part.icon && html`<${PartIcon} icon=${part.icon} />`}
    <${Text} text=${part} isWhole=${true} />
  </div>`;
}

export function PlainText({ part }) {
  return html`<${Text} text=${part} />`;
}

/** A text with an icon; in version 1.0 also fields, and a component at its right. */
export function Div({ part }) {
  const { lang } = useCard();
  const fields = Array.isArray(part.fields) ? part.fields : [];
  const hasText = part.text && (wordsOf(part.text, lang) || part.icon);
  return html`<div class="c-div">
    <div class="c-div-texts">
      ${hasText && html`<div class="c-with-icon" data-element=${part.text.element_id}>
        ${part.icon && html`<${PartIcon} icon=${part.icon} />`}
        <${Text} text=${part.text} />
      </div>`}
      ${fields.length > 0 && html`<div class="c-fields">
        ${fields.map((field, index) => html`<div
          key=${index} class=${field?.is_short ? "c-field-short" : "c-field-long"}
        ><${Text} text=${field?.text} /></div>`)}
      </div>`}
    </div>
    ${part.extra && html`<${Element} part=${part.extra} />`}
  </div>`;
}

export function TextTag({ part }) {
  const { lang } = useCard();
  const hue = hueOr(part?.color, "neutral");
  return html`<span class=${`c-tag c-hue-${hue}`}>${wordsOf(part?.text, lang)}</span>`;
}
