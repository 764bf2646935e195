// Pushes, requests to the model, calls and callbacks in order of time; long runs of updates folded into one row.
import { html, useMemo } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Row } from "./row.js";

// What an answer is streamed with; three in a row are a run.
const UPDATES = ["element.content", "message.patch"];
const RUN = 3;

/** Rows of a wire, oldest first: {kind: "push" | "model" | "call" | "callback" | "run", key, at, …}. */
export function rowsOf(wire) {
  const pushes = wire.pushes.map((push) => (
    { kind: "push", key: `push-${push.event_id}-${push.at}`, at: push.at, push }));
  const calls = wire.calls.map((call) => ({ kind: "call", key: `call-${call.serial}`, at: call.at, call }));
  const callbacks = wire.callbacks.map((callback) => (
    { kind: "callback", key: `callback-${callback.at}`, at: callback.at, callback }));
  const models = wire.exchanges.map((exchange) => (
    { kind: "model", key: `model-${exchange.number}`, at: exchange.at, exchange }));
  return folded([...pushes, ...models, ...calls, ...callbacks].sort((a, b) => a.at - b.at));
}

const isUpdate = ({ kind, call }) =>
  kind === "call" && UPDATES.includes(call.api) && call.status === 200 && !call.code && !call.limit;

function folded(rows) {
  const shown = [];
  let run = [];
  const end = () => {
    if (run.length < RUN) shown.push(...run);
    else shown.push({ kind: "run", key: `run-${run[0].key}`, at: run[0].at, rows: run });
    run = [];
  };
  for (const row of rows) {
    const goesOn = isUpdate(row) && (run.length === 0 || run[0].call.path === row.call.path);
    if (!goesOn) end();
    if (isUpdate(row)) run.push(row);
    else shown.push(row);
  }
  end();
  return shown;
}

export function Timeline({ wire }) {
  const rows = useMemo(() => rowsOf(wire), [wire]);
  if (rows.length === 0) return html`<p class="wire-hint">${say("wire_nothing")}</p>`;
  return html`<ol class="wire-rows">${rows.map((row) => html`<${Row} key=${row.key} row=${row} />`)}</ol>`;
}
