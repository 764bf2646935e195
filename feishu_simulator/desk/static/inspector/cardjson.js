// The card as it is now, and how near it is to what Feishu takes.
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Block } from "./json.js";

export function CardJson({ card, figures }) {
  const [wasOpened, setOpened] = useState(false);
  const size = say("card_size", {
    kb: (figures.bytes / 1024).toFixed(1),
    most: figures.most_bytes / 1024,
    elements: figures.elements,
    mostElements: figures.most_elements,
  });
  return html`<details class="wire-card" onToggle=${(event) => event.currentTarget.open && setOpened(true)}>
    <summary><h3>${say("card_json")}</h3><span>${size}</span></summary>
    <meter class="wire-meter" min="0" max=${figures.most_bytes} high=${figures.most_bytes * 0.9}
      value=${figures.bytes} aria-label=${size}></meter>
    ${wasOpened && html`<${Block} title=${say("card_json")} value=${card} />`}
  </details>`;
}
