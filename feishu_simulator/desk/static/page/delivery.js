// Whether a person's message has reached the bot, in one small sign.
import { go } from "../here.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Icon } from "./icons.js";

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
