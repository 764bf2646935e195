// The chat in the middle: its head, its messages and where one writes.
import { go, here } from "../here.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { store } from "../store.js";
import { ChatAvatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { MessageList } from "./messagelist.js";
import { PeopleOf } from "./people.js";
import { arrange } from "./threads.js";
import { Welcome } from "./welcome.js";

export const titleOf = (chat) => (chat.mode === "p2p" ? store.bot.name : chat.name);

function Head({ chat }) {
  const badge = chat.mode === "p2p" && html`<span class="badge-bot">${say("botBadge")}</span>`;
  const note = { p2p: "privateNote", group: "groupNote", topic: "topicNote" }[chat.mode];
  return html`<header class="head">
    <button type="button" class="round-button narrow-only" aria-label=${say("back")}
      onClick=${() => go({ place: "list" })}><${Icon} name="back" /></button>
    <${ChatAvatar} chat=${chat} />
    <div class="head-text">
      <h1>${titleOf(chat)}${badge}</h1>
      <div class="head-note">${say(note, { count: chat.people.length })}</div>
    </div>
    ${chat.mode !== "p2p" && html`<${PeopleOf} chat=${chat} />`}
  </header>`;
}

export function Conversation({ chat, messages }) {
  const { main, replies } = arrange(messages);
  return html`<main class=${`conversation conversation-${chat.mode}`} aria-label=${titleOf(chat)}>
    <${Head} chat=${chat} />
    <${MessageList} key=${`${here.person} ${chat.chat_id}`} messages=${main} replies=${replies}
      place="main" chat=${chat} empty=${html`<${Welcome} chat=${chat} />`} />
    <${Composer} key=${`${here.person} main ${chat.chat_id}`} chat=${chat} place="main" />
  </main>`;
}
