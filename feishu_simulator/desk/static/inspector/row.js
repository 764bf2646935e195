// One row of the timeline: its line, and what it unfolds to.
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { CallDetails, CallbackDetails, PushDetails } from "./details.js";
import { meaningOf } from "./codes.js";
import { ModelDetails, seconds, troubleOf } from "./model.js";

const LOOKS = { push: pushLook, call: callLook, callback: callbackLook, run: runLook, model: modelLook };
const DETAILS = {
  push: ({ push }) => html`<${PushDetails} push=${push} />`,
  call: ({ call }) => html`<${CallDetails} call=${call} />`,
  model: ({ exchange }) => html`<${ModelDetails} exchange=${exchange} />`,
  callback: ({ callback }) => html`<${CallbackDetails} callback=${callback} />`,
  run: ({ rows }) => html`<ol class="wire-rows">
    ${rows.map((row) => html`<${Row} key=${row.key} row=${row} />`)}
  </ol>`,
};

const ARROWS = { wire_to_bot: "↓", wire_from_bot: "↑", wire_to_model: "→" };

/** What is inside is built when the row is first unfolded, and stays. */
export function Row({ row }) {
  const [wasOpened, setOpened] = useState(false);
  const look = LOOKS[row.kind](row);
  return html`<li>
    <details class=${`wire-row wire-${row.kind} ${look.tone}`}
      onToggle=${(event) => event.currentTarget.open && setOpened(true)}>
      <summary>
        <span class="wire-at">${row.at !== null && clock(row.at)}</span>
        <span class="wire-way" title=${say(look.way)}>${ARROWS[look.way]}</span>
        <span class="wire-name">${look.name}${look.more && html` <small>${look.more}</small>`}</span>
        <span class="wire-end">${look.end}</span>
        ${look.note && html`<span class="wire-note">${look.note}</span>`}
      </summary>
      ${row.aside && html`<p class="wire-aside">${row.aside}</p>`}
      ${wasOpened && html`<div class="wire-details">${DETAILS[row.kind](row)}</div>`}
    </details>
  </li>`;
}

function clock(seconds) {
  if (Math.abs(seconds) < 10) return `${seconds < 0 ? "−" : "+"}${Math.round(Math.abs(seconds) * 1000)} ms`;
  return `+${seconds.toFixed(1)} s`;
}

const took = (seconds) => `${Math.round(seconds * 1000)} ms`;

function pushLook({ push }) {
  const isGood = push.status === 200;
  return {
    way: "wire_to_bot",
    name: say("wire_push"),
    more: push.event_type,
    end: isGood ? `200 · ${took(push.seconds)}` : push.status || say("wire_no_answer"),
    tone: isGood ? "" : "bad",
    note: isGood ? "" : pushTrouble(push),
  };
}

function modelLook({ exchange }) {
  const { usage, status, is_over: isOver, error, how } = exchange;
  const trouble = troubleOf(exchange);
  const isBad = status !== 200 || (isOver && trouble !== "") || error !== "";
  const end = !isOver
    ? say("model_running")
    : status !== 200
      ? status || say("wire_no_answer")
      : [usage && `${usage.total_tokens} tokens`, seconds(exchange.seconds)].filter(Boolean).join(" · ");
  const first = exchange.first === null ? "" : say("model_first_note", { time: seconds(exchange.first) });
  const notes = [status === 200 ? first : "", trouble, error, how === "time" ? say("model_by_time") : ""];
  return {
    way: "wire_to_model",
    name: say("wire_model"),
    more: [exchange.model, exchange.fault && say(`model_${exchange.fault}`)].filter(Boolean).join(" · "),
    end,
    tone: isBad && (isOver || status >= 400) ? "bad" : "",
    note: notes.filter(Boolean).join(" "),
  };
}

function pushTrouble({ status, error }) {
  if (error === "late") return say("wire_late");
  if (error === "timeout") return say("wire_timeout");
  if (status) return say("wire_bad_status");
  return say("wire_unreachable", { error });
}

function callLook({ call }) {
  const isLost = call.status === 0;
  const notes = [];
  if (isLost) notes.push(say("wire_lost"));
  if (call.code) notes.push(meaningOf(call.code, call.msg) || call.msg);
  if (call.limit && !call.code) notes.push(say("wire_over", { limit: say(`limit_${call.limit}`) }));
  if (call.anonymous) notes.push(say("wire_anonymous"));
  const sequence = call.sequence === null ? "" : `seq ${call.sequence}`;
  return {
    way: "wire_from_bot",
    name: call.api,
    more: sequence,
    end: isLost ? say("wire_no_answer") : call.code || call.status,
    tone: isLost || call.code ? "bad" : call.limit ? "warn" : "",
    note: notes.join(" "),
  };
}

function callbackLook({ callback }) {
  const code = callback.error_code;
  return {
    way: "wire_to_bot",
    name: say("wire_callback"),
    more: callback.event.header?.event_type ?? "card.action.trigger",
    end: code || `${callback.status} · ${took(callback.seconds)}`,
    tone: code ? "bad" : "",
    note: code ? meaningOf(code) : "",
  };
}

function runLook({ rows }) {
  const sequences = rows.map((row) => row.call.sequence).filter((one) => one !== null);
  const range = sequences.length ? `seq ${sequences[0]}…${sequences.at(-1)}` : "";
  return {
    way: "wire_from_bot",
    name: say("wire_run", { count: rows.length }),
    more: range,
    end: 200,
    tone: "",
    note: "",
  };
}
