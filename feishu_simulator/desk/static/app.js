// The page: chats on the left, the conversation in the middle, a panel on the right.
import { act } from "./api.js";
import { go, useHere } from "./here.js";
import { Chats } from "./page/chats.js";
import { Conversation } from "./page/conversation.js";
import { Side } from "./page/side.js";
import { Banner, TopBar } from "./page/topbar.js";
import { markRead, unreadIn } from "./page/unread.js";
import { Toasts } from "./toast.js";
import { html, useEffect } from "./vendor/preact-htm.js";
import { say } from "./words.js";
import { chatOf, personOf, store, useStore } from "./store.js";

function messagesByChat() {
  const byChat = new Map();
  for (const message of store.messages.values()) {
    if (!byChat.has(message.chat_id)) byChat.set(message.chat_id, []);
    byChat.get(message.chat_id).push(message);
  }
  for (const messages of byChat.values()) messages.sort((a, b) => a.created_ms - b.created_ms);
  return byChat;
}

const chatsOf = (person) => store.chats.filter((chat) => chat.people.includes(person));

/** Look at a person and chat that exist: the simulator may have been restarted. */
function settle(here) {
  if (store.people.length === 0) return;
  const person = personOf(here.person) ? here.person : store.people[0].open_id;
  const mine = chatsOf(person);
  const chat = mine.find(({ chat_id: id }) => id === here.chat) ?? mine.find(({ mode }) => mode === "p2p");
  if (person === here.person && chat?.chat_id === here.chat) return;
  const moved = chat?.chat_id === here.chat ? {} : { side: "", replyTo: "" };
  go({ person, chat: chat?.chat_id ?? "", ...moved });
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  const isControl = event.ctrlKey || event.metaKey;
  if ((event.key === "k" && isControl) || (event.key === "/" && !isTyping)) {
    event.preventDefault();
    document.querySelector(".conversation textarea")?.focus();
  } else if (event.key === "Escape") {
    go({ side: "" });
  }
}

export function App() {
  useStore();
  const here = useHere();
  const chat = chatOf(here.chat);
  const byChat = messagesByChat();
  const messages = byChat.get(here.chat) ?? [];
  const mine = chatsOf(here.person);
  const waiting = mine.reduce(
    (sum, { chat_id: id }) => sum + (id === here.chat ? 0 : unreadIn(byChat.get(id) ?? [], here.person, id)),
    0,
  );
  const unread = chat ? unreadIn(messages, here.person, here.chat) : 0;

  useEffect(() => settle(here));
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    if (unread > 0) markRead(here.person, here.chat);
  }, [unread, here.chat, here.person, messages.at(-1)?.message_id]);
  useEffect(() => {
    document.title = (waiting > 0 ? `(${waiting}) ` : "") + say("pageName");
  }, [waiting, here.lang]);
  // The platform tells the bot when somebody opens their chat with it; a refusal changes nothing here.
  const opened = chat?.mode === "p2p" && chat.people.includes(here.person) ? here.chat : "";
  useEffect(() => {
    if (opened) act("open", { person: here.person }).catch(() => {});
  }, [opened]);

  if (store.people.length === 0) return html`<div class="loading" role="status">${say("loading")}</div>`;
  return html`<div class=${`page place-${here.place} ${here.side ? "has-side" : ""}`}>
    <${TopBar} />
    <${Banner} />
    <div class="page-columns">
      <${Chats} chats=${mine} byChat=${byChat} />
      ${chat && html`<${Conversation} chat=${chat} messages=${messages} />`}
      <${Side} messages=${messages} />
    </div>
    <${Toasts} />
  </div>`;
}
