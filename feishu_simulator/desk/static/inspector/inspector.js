// The wire behind one message, laid open in the side panel.
import { go, here, useHere } from "../here.js";
import { lineOf } from "../page/lines.js";
import { SideHead } from "../page/thread.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { messagesIn, nameOf, store, useStore } from "../store.js";
import { CardJson } from "./cardjson.js";
import { Facts } from "./details.js";
import { useWire } from "./follow.js";
import { Warnings } from "./warnings.js";
import { Recent } from "./recent.js";
import { Replay } from "./replay.js";
import { Timeline } from "./timeline.js";

const SNIPPET = 80;

export function Inspector() {
  useStore();
  const { inspected } = useHere();
  const wire = useWire(inspected);
  const message = store.messages.get(inspected);
  return html`<section class="inspector">
    <${SideHead} title=${say("side_inspector")} />
    <${Steps} message=${message} />
    <div class="inspector-body">
      ${message && wire && !wire.error
        ? html`<${Wire} key=${inspected} message=${message} wire=${wire} />`
        : html`<p class="wire-hint">${say(hintFor(message, wire))}</p>`}
      ${!message && html`<${Recent} />`}
    </div>
  </section>`;
}

/** To the messages before and after this one, and to what belongs to no message. */
function Steps({ message }) {
  const all = messagesIn(message?.chat_id ?? here.chat);
  const at = all.indexOf(message);
  const before = message ? all[at - 1] : all.at(-1);
  const after = message ? all[at + 1] : undefined;
  const step = (to, label) => html`<button type="button" class="wire-button" disabled=${!to}
    onClick=${() => go({ inspected: to.message_id })}>${say(label)}</button>`;
  return html`<div class="wire-steps">
    ${step(before, message ? "wire_before" : "wire_newest")}
    ${message && step(after, "wire_after")}
    ${message && html`<button type="button" class="wire-button" onClick=${() => go({ inspected: "" })}>
      ${say("model_recent")}
    </button>`}
  </div>`;
}

function hintFor(message, wire) {
  if (!message) return "wire_choose";
  return wire?.error ? "wire_gone" : "wire_reading";
}

function Wire({ message, wire }) {
  return html`
    <blockquote class="wire-message"><b>${nameOf(message.sender)}</b> ${snippet(message)}</blockquote>
    <${Relatives} message=${message} wire=${wire} />
    <${Warnings} wire=${wire} />
    ${message.sender !== null && html`<${Replay} message=${message} wire=${wire} />`}
    <h3>${say("wire_timeline")}</h3>
    ${store.bot.real_model && html`<p class="wire-hint">${say("model_real", { model: store.bot.real_model })}</p>`}
    <${Timeline} wire=${wire} />
    ${message.card && wire.card && html`<${CardJson} card=${message.card} figures=${wire.card} />`}
    <${Ids} message=${message} wire=${wire} />`;
}

function snippet(message) {
  const words = [...lineOf(message)];
  return words.length > SNIPPET ? `${words.slice(0, SNIPPET).join("")}…` : words.join("");
}

/** The question of an answer, the answers to a question. */
function Relatives({ message, wire }) {
  const isAnswer = wire.question !== message.message_id;
  const others = isAnswer ? [wire.question] : wire.answers;
  if (others.length === 0) return null;
  const label = (number) => (isAnswer ? say("wire_question") : say("wire_answer_number", { number }));
  return html`<p class="wire-relatives">${others.map((id, index) => html`<button type="button" key=${id}
    class="wire-link" onClick=${() => go({ inspected: id })}>${label(index + 1)}</button>`)}</p>`;
}

function Ids({ message, wire }) {
  return html`<details class="wire-card">
    <summary><h3>${say("wire_ids")}</h3></summary>
    <${Facts} facts=${[
      ["message_id", message.message_id],
      ["root_id", message.root_id],
      ["parent_id", message.parent_id],
      ["thread_id", message.thread_id],
      ["chat_id", message.chat_id],
      ["card_id", wire.card?.card_id],
      ["sender", message.sender ?? store.bot.open_id],
    ]} />
  </details>`;
}
