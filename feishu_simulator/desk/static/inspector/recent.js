// The last requests to the model, whichever message they belong to: some belong to none.
import { exchangesOf } from "../api.js";
import { go } from "../here.js";
import { lineOf } from "../page/lines.js";
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { store } from "../store.js";
import { Row } from "./row.js";

export function Recent() {
  const [lines, setLines] = useState([]);
  useEffect(() => {
    let isWanted = true;
    exchangesOf().then((answer) => isWanted && setLines(answer.exchanges)).catch(() => {});
    return () => {
      isWanted = false;
    };
  }, [store.exchanges]);
  return html`<section aria-label=${say("model_recent")}>
    <h3>${say("model_recent")}</h3>
    ${store.bot.real_model && html`<p class="wire-hint">${say("model_real", { model: store.bot.real_model })}</p>`}
    ${lines.length === 0 && html`<p class="wire-hint">${say("model_none")}</p>`}
    <ol class="wire-rows">${lines.map((exchange) => html`<${Row} key=${exchange.number}
      row=${{ kind: "model", at: null, exchange, aside: asideOf(exchange) }} />`)}</ol>
  </section>`;
}

function asideOf({ owner }) {
  const message = store.messages.get(owner);
  if (!message) return null;
  return html`<button type="button" class="wire-link" onClick=${() => go({ inspected: owner })}>
    ${lineOf(message)}
  </button>`;
}
