// The header of a card: icon, title, subtitle and tags on the template's colour.
import { html } from "../vendor/preact-htm.js";
import { hueOr } from "./colours.js";
import { useCard } from "./context.js";
import { PartIcon } from "./icons.js";
import { lengths } from "./measures.js";
import { TextTag } from "./prose.js";
import { inLanguage, Text, wordsOf } from "./text.js";

const MOST_TAGS = 3;

export function Header({ header }) {
  const { lang } = useCard();
  const given = inLanguage(lang, header.i18n_text_tag_list, header.text_tag_list);
  const tags = (Array.isArray(given) ? given : []).slice(0, MOST_TAGS);
  const template = hueOr(header.template, "default");
  const icon = header.icon && { tag: header.icon.img_key ? "custom_icon" : "standard_icon", ...header.icon };
  return html`<header
    class=${`card-header c-template-${template}`} data-template=${template}
    style=${{ padding: lengths(header.padding) }}
  >
    ${(icon || header.ud_icon) && html`<${PartIcon} icon=${icon ?? header.ud_icon} size=${20} />`}
    <div class="card-titles">
      <div class="card-title-line">
        ${wordsOf(header.title, lang) && html`<div class="card-title" role="heading" aria-level="3">
          <${Text} text=${header.title} />
        </div>`}
        ${tags.map((tag, index) => html`<${TextTag} key=${index} part=${tag} />`)}
      </div>
      ${wordsOf(header.subtitle, lang) && html`<div class="card-subtitle">
        <${Text} text=${header.subtitle} />
      </div>`}
    </div>
  </header>`;
}
