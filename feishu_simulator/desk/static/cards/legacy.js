// Modules that only cards of version 1.0 have: action and note.
import { createContext, html } from "../vendor/preact-htm.js";
import { fileUrl } from "../api.js";
import { useCard } from "./context.js";
import { Element, Elements } from "./element.js";
import { Text, wordsOf } from "./text.js";

/** True in an action module, where components call back even without a value. */
export const ActionContext = createContext(false);

const LAYOUTS = new Set(["bisected", "trisection", "flow"]);

export function Action({ part }) {
  const layout = LAYOUTS.has(part.layout) ? part.layout : "flow";
  return html`<${ActionContext.Provider} value=${true}>
    <div class=${`c-actions c-actions-${layout}`}><${Elements} list=${part.actions} /></div>
  </${ActionContext.Provider}>`;
}

/** Small print: texts and small pictures in a line. */
export function Note({ part }) {
  const { lang } = useCard();
  const elements = Array.isArray(part.elements) ? part.elements : [];
  return html`<div class="c-note">
    ${elements.map((one, index) =>
      one?.tag === "img"
        ? html`<img
            key=${index} class="c-note-image" src=${fileUrl(one.img_key)} alt=${wordsOf(one.alt, lang)}
          />`
        : one?.tag === "plain_text" || one?.tag === "lark_md"
          ? html`<${Text} key=${index} text=${one} />`
          : html`<${Element} key=${index} part=${one} />`,
    )}
  </div>`;
}
