// A component nobody here knows is still shown, with all it says.
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { useCard } from "./context.js";

export function Unknown({ part }) {
  useCard();
  const tag = typeof part?.tag === "string" ? part.tag : part?.type;
  return html`<div class="c-unknown">
    <div>${say("card_unknown", { tag: String(tag ?? "?") })}</div>
    <details>
      <summary>JSON</summary>
      <pre tabindex="0">${JSON.stringify(part, null, 2)}</pre>
    </details>
  </div>`;
}
