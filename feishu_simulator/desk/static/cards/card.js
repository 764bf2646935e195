// A card as Feishu's client shows it, of JSON 2.0 or 1.0.
import { html, useMemo } from "../vendor/preact-htm.js";
import { useHere } from "../here.js";
import { say } from "../words.js";
import { CardContext } from "./context.js";
import { Elements } from "./element.js";
import { Header } from "./header.js";
import { arrangement } from "./measures.js";
import { openAddress } from "./callback.js";
import { LOCALES } from "./text.js";
import { paceOf } from "./typewriter.js";
import { Unknown } from "./unknown.js";

const WIDTHS = new Set(["default", "compact", "fill"]);
const CONTROLS = "a, button, input, textarea, summary, [role=button], [role=option], dialog, audio, pre";

/** `message` is a message as store.js has it. */
export function Card({ message }) {
  const { lang, person } = useHere();
  const { card } = message;
  const config = objectOf(card?.config);
  const known = useKnown(message, config, lang, person);
  if (!card) return null;
  const elements = elementsOf(card, lang);
  const arranged = arrangement(card.body, { padding: "12px", gap: known.isV2 ? 8 : 12 });
  const link = card.card_link;
  return html`<${CardContext.Provider} value=${known}>
    <div
      class=${`card card-${widthOf(card, config)}`}
      data-message=${message.message_id} aria-busy=${known.streaming}
      onClick=${link ? (event) => followLink(event, link) : undefined}
    >
      ${card.header && html`<${Header} header=${card.header} />`}
      ${elements
        ? html`<div class="card-body c-stack" style=${arranged}>
            <${Elements} list=${elements} />
          </div>`
        : !card.header && html`<div class="card-body"><${Unknown} part=${card} /></div>`}
      ${link && html`<button type="button" class="card-link" onClick=${() => openAddress(link)}>
        ${say("card_open")}
      </button>`}
    </div>
  </${CardContext.Provider}>`;
}

/** The card's context; the same object while nothing in it changes, so nothing is drawn again. */
function useKnown(message, config, lang, person) {
  const isV2 = message.card?.schema === "2.0";
  const style = JSON.stringify([config.streaming_config ?? null, config.style ?? null]);
  return useMemo(
    () => ({
      messageId: message.message_id,
      chatId: message.chat_id,
      streaming: message.streaming === true,
      pace: paceOf(config.streaming_config),
      isV2,
      lang,
      person,
      colours: objectOf(config.style?.color),
      sizes: objectOf(config.style?.text_size),
    }),
    [message.message_id, message.chat_id, message.streaming, isV2, lang, person, style],
  );
}

function elementsOf(card, lang) {
  const inOther = card.i18n_elements && Object.values(card.i18n_elements)[0];
  const list = card.body?.elements ?? card.i18n_elements?.[LOCALES[lang]] ?? card.elements ?? inOther;
  return Array.isArray(list) ? list : null;
}

/** The modes of 2.0; 1.0 has wide_screen_mode instead, in which false is narrow. */
function widthOf(card, config) {
  if (WIDTHS.has(config.width_mode)) return config.width_mode;
  return config.wide_screen_mode === false && card.schema !== "2.0" ? "compact" : "default";
}

const objectOf = (value) => (value && typeof value === "object" ? value : {});

function followLink(event, link) {
  if (!event.target.closest(CONTROLS)) openAddress(link);
}
