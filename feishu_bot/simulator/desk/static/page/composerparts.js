// What stands around the text one writes: the answered message, mentions, hints, the bot's menu.
import { act } from "../api.js";
import { go, here } from "../here.js";
import { trying } from "../toast.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf, world } from "../world.js";
import { Icon } from "./icons.js";
import { lineOf } from "./lines.js";
import { mentionName } from "./mention.js";

const ALL_GROUP_MESSAGES = "im:message.group_msg";

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
    class=${id === world.bot.open_id ? "mention-chip chip-bot" : "mention-chip"}>
    @${mentionName(id)}
    <button type="button" aria-label=${say("removeMention", { name: mentionName(id) })}
      onClick=${() => onRemove(id)}><${Icon} name="close" /></button>
  </span>`);
}

/** In a group the bot hears only what mentions it, unless it may hear everything. */
export function GroupHint({ chat, draft, onMention }) {
  const hearsAll = world.faults.scopes?.[ALL_GROUP_MESSAGES];
  if (chat.mode === "p2p" || hearsAll || draft.mentions.includes(world.bot.open_id)) return null;
  return html`<div class="hint" role="note">
    <span>${say("notMentioned", { name: world.bot.name })}</span>
    <button type="button" class="text-button" onClick=${onMention}>@${world.bot.name}</button>
  </div>`;
}

/** The menu an administrator gives the bot; pressing an entry is an event, not a message. */
export function BotMenu() {
  if (world.menu.length === 0) return null;
  return html`<div class="bot-menu" role="group" aria-label=${say("botMenu")}>
    ${world.menu.map((entry) => html`<button type="button" key=${entry.key} class="menu-button"
      onClick=${() => trying(act("menu", { person: here.person, key: entry.key }))}>
      ${entry[here.lang]}
    </button>`)}
  </div>`;
}
