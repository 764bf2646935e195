// The list of chats on the left, the latest on top.
import { go, here } from "../here.js";
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf } from "../store.js";
import { ChatAvatar } from "./avatar.js";
import { titleOf } from "./conversation.js";
import { Icon } from "./icons.js";
import { lineOf } from "./lines.js";
import { NewGroup } from "./newgroup.js";
import { Scene } from "./scene.js";
import { shortOf } from "./times.js";
import { unreadIn } from "./unread.js";

function Row({ chat, messages }) {
  const last = messages[messages.length - 1];
  const open = chat.chat_id === here.chat;
  const unread = open ? 0 : unreadIn(messages, here.person, chat.chat_id);
  const from = last && chat.mode !== "p2p" && !last.deleted ? `${nameOf(last.sender)}${say("colon")}` : "";
  const name = titleOf(chat);
  return html`<button type="button" class="chat" aria-current=${open} data-chat=${chat.chat_id}
    aria-label=${unread ? say("chatUnread", { name, count: unread }) : name} tabindex=${open ? 0 : -1}
    onClick=${() => go({ chat: chat.chat_id, place: "chat", ...(open ? {} : { side: "", replyTo: "" }) })}>
    <${ChatAvatar} chat=${chat} />
    <span class="chat-text">
      <span class="chat-top">
        <span class="chat-name">${name}</span>
        ${chat.mode === "p2p" && html`<span class="badge-bot">${say("botBadge")}</span>`}
        ${last && html`<time>${shortOf(last.created_ms)}</time>`}
      </span>
      <span class="chat-bottom">
        <span class="chat-line" dir="auto">${last ? from + lineOf(last) : say("nothingYet")}</span>
        ${unread > 0 && html`<span class="unread">${unread > 99 ? "99+" : unread}</span>`}
      </span>
    </span>
  </button>`;
}

function onArrow(event) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || !event.target.matches(".chat")) return;
  event.preventDefault();
  const rows = [...event.currentTarget.querySelectorAll(".chat")];
  rows[rows.indexOf(event.target) + step]?.focus();
}

/** Props: chats, byChat (messages of each, oldest first). */
export function Chats({ chats, byChat }) {
  const [making, setMaking] = useState(false);
  const [staging, setStaging] = useState(false);
  const latest = (chat) => byChat.get(chat.chat_id)?.at(-1)?.created_ms ?? 0;
  const rows = [...chats].sort((a, b) => latest(b) - latest(a));
  return html`<nav class="chats" aria-label=${say("chats")}>
    <header class="chats-head">
      <h2>${say("chats")}</h2>
      <span class="chats-tools">
      <button type="button" class="round-button" title=${say("scene")} aria-label=${say("scene")}
        onClick=${() => setStaging(true)}><${Icon} name="scene" /></button>
      <button type="button" class="round-button" title=${say("newGroup")} aria-label=${say("newGroup")}
        onClick=${() => setMaking(true)}><${Icon} name="plus" /></button></span>
    </header>
    <div class="chat-rows" onKeyDown=${onArrow}>
      ${rows.map((chat) => html`<${Row} key=${chat.chat_id} chat=${chat}
        messages=${byChat.get(chat.chat_id) ?? []} />`)}
    </div>
    ${staging && html`<${Scene} onClose=${() => setStaging(false)} />`}
    ${making && html`<${NewGroup} onClose=${() => setMaking(false)} />`}
  </nav>`;
}
