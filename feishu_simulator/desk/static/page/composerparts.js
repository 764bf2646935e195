// What stands around the text one writes: the answered message, mentions.
import { go } from "../here.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf, store } from "../store.js";
import { Icon } from "./icons.js";
import { lineOf } from "./lines.js";
import { mentionName } from "./mention.js";

export function ReplyTo({ message }) {
  return html`<div class="reply-to">
    <span class="quote-text" dir="auto">
      ${say("replyTo", { name: nameOf(message.sender) })}${lineOf(message)}
    </span>
    <button type="button" class="round-button" aria-label=${say("cancelReply")}
      onClick=${() => go({ replyTo: "" })}><${Icon} name="close" /></button>
  </div>`;
}

export function MentionChips({ ids, onRemove }) {
  return ids.map((id) => html`<span key=${id}
    class=${id === store.bot.open_id ? "mention-chip chip-bot" : "mention-chip"}>
    @${mentionName(id)}
    <button type="button" aria-label=${say("removeMention", { name: mentionName(id) })}
      onClick=${() => onRemove(id)}><${Icon} name="close" /></button>
  </span>`);
}
