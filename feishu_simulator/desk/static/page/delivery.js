// Whether a person's message has reached the bot: a small sign, and a sentence where it has not.
import { go } from "../here.js";
import { trying } from "../toast.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { store } from "../store.js";
import { Icon } from "./icons.js";
import { sayIn } from "./saying.js";

function stateOf({ pushed, deliveries }) {
  if (!pushed) return { kind: "away", icon: "away", text: say("notPushed") };
  if (deliveries.length === 0) return { kind: "wait", icon: "wait", text: say("pushing") };
  const last = deliveries[deliveries.length - 1];
  if (last.status !== 200) {
    return { kind: "bad", icon: "again", text: say("pushFailed", { why: last.error || last.status }) };
  }
  if (deliveries.length === 1) return { kind: "good", icon: "check", text: say("delivered") };
  return { kind: "good", icon: "again", text: say("deliveredAgain", { count: deliveries.length }) };
}

export function DeliveryState({ message }) {
  const { kind, icon, text } = stateOf(message);
  return html`<button type="button" class=${`delivery delivery-${kind}`} title=${text} aria-label=${text}
    tabindex="-1" onClick=${() => go({ side: "inspector", inspected: message.message_id })}>
    <${Icon} name=${icon} />
  </button>`;
}

/** Under one's own message: why the bot hasn't got it, and what helps. */
export function Undelivered({ message, me, place }) {
  const why = whyOf(message);
  if (!why || message.deleted) return null;
  const canMention = message.unheard === "no_mention" && message.type === "text" && message.sender === me;
  const inspect = () => go({ side: "inspector", inspected: message.message_id });
  return html`<div class="undelivered" role="note">
    <span>${why}</span>
    ${canMention && html`<button type="button" class="text-button"
      onClick=${() => trying(sayIn(mentioning(message, me, place)))}>
      ${say("sayAgainMentioning", { name: store.bot.name })}
    </button>`}
    ${!canMention && html`<button type="button" class="text-button" onClick=${inspect}>
      ${say("lookInside")}
    </button>`}
  </div>`;
}

function whyOf({ unheard, deliveries }) {
  if (unheard) return say(`unheard_${unheard}`, { name: store.bot.name });
  const last = deliveries.at(-1);
  if (!last || last.status === 200 || last.error === "late") return "";
  return say("unanswered", { name: store.bot.name, why: last.error || `HTTP ${last.status}` });
}

/** The same text once more in the same place, with the bot mentioned. */
function mentioning(message, me, place) {
  const names = message.mentions.map(({ key }) => key);
  const text = names.reduce((words, key) => words.replace(key, ""), message.content.text ?? "").trim();
  const target = message.replied_to && store.messages.get(message.replied_to);
  return {
    chat_id: message.chat_id,
    person: me,
    text: text || message.text,
    mentions: [store.bot.open_id, ...message.mentions.map((mention) => mention.open_id)],
    ...(target ? { reply_to: target.message_id, in_thread: place === "thread" } : {}),
  };
}
