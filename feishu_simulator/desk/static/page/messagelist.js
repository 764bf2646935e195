// Messages one under the other, with days between them; arrow keys move from one to the next.
import { here } from "../here.js";
import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { store } from "../store.js";
import { Icon } from "./icons.js";
import { Message } from "./message.js";
import { useEnd } from "./scrolling.js";
import { dayOf, isSameDay } from "./times.js";

// Messages of one sender within this time stand together under one name.
const TOGETHER_MS = 5 * 60_000;

const isTogether = (before, message) =>
  before && before.sender === message.sender && !before.deleted && before.type !== "system" &&
  message.created_ms - before.created_ms < TOGETHER_MS && isSameDay(before.created_ms, message.created_ms);

function onArrow(event) {
  if (!event.target.matches(".message")) return;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const rows = [...event.currentTarget.querySelectorAll(".message")];
  rows[rows.indexOf(event.target) + step]?.focus();
}

/** Props: messages, replies (by root id), place, chat, rootId (whose quotes say nothing new), empty. */
export function MessageList({ messages, replies, place, chat, rootId = "", empty }) {
  const last = messages[messages.length - 1];
  const { list, content, away, toEnd } = useEnd(last);
  const seen = useRef(messages.length);
  if (!away) seen.current = messages.length;
  // In a topic group each message in the chat itself is a topic of its own.
  const isTopics = chat.mode === "topic" && place === "main";
  const newer = messages.length - seen.current;

  // What I write myself is what I want to see.
  useEffect(() => {
    if (last?.sender === here.person) toEnd();
  }, [last?.message_id]);

  return html`<div class="messages-place">
    <div class="messages" ref=${list} onKeyDown=${onArrow} role="log" aria-label=${say("messages")}
      aria-live="off" tabindex="-1">
      <div class="messages-content" ref=${content}>
        ${messages.length === 0 && empty}
        ${messages.map((message, at) => {
          const before = messages[at - 1];
          const answers = replies?.get(message.message_id) ?? [];
          const newDay = !before || !isSameDay(before.created_ms, message.created_ms);
          const quoted = message.replied_to !== rootId && store.messages.get(message.replied_to);
          return html`
            ${newDay && html`<div class="day" key=${`day ${message.message_id}`}>
              <span>${dayOf(message.created_ms)}</span>
            </div>`}
            <${Message} key=${message.message_id} message=${message} quoted=${quoted || null}
              me=${here.person} lang=${here.lang} people=${store.people} place=${place}
              isFirst=${isTopics || !isTogether(before, message)} canThread=${chat.mode !== "p2p"}
              replies=${answers.length} lastReply=${answers[answers.length - 1]}
              isLast=${message === last} />`;
        })}
      </div>
    </div>
    ${away && html`<button type="button" class="to-end" onClick=${toEnd}>
      <${Icon} name="down" />${newer > 0 ? say("newerMessages", { count: newer }) : say("toEnd")}
    </button>`}
  </div>`;
}
