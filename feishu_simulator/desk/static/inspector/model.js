// What a request to the model unfolds to: the prompt by role, the parameters, the stream with its times.
import { exchangeOf } from "../api.js";
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Facts } from "./details.js";
import { Block, LongText } from "./json.js";

const CHUNKS = 60;

export function ModelDetails({ exchange }) {
  const whole = useWhole(exchange);
  if (whole === null) return html`<p class="wire-hint">${say("wire_reading")}</p>`;
  if (whole.problem) return html`<p class="wire-hint">${say("model_forgotten")}</p>`;
  return html`
    <p class="wire-path"><b>POST</b> ${whole.route}</p>
    <${Facts} facts=${factsOf(whole)} />
    <${Prompt} whole=${whole} />
    <${Block} title=${say("model_params")} value=${whole.params} />
    <${Stream} whole=${whole} />
    <${Block} title=${say("model_answer")} value=${whole.answer} />
    <${Block} title=${say("model_error")} value=${whole.error} />
    <${Block} title=${say("wire_headers")} value=${whole.headers} />`;
}

export const seconds = (value) =>
  value < 10 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;

function factsOf(whole) {
  const { usage, first } = whole;
  return [
    [say("model_name"), whole.model],
    ["HTTP", whole.status],
    [say("model_first"), first === null ? "" : seconds(first)],
    [say("model_end"), whole.is_over ? seconds(whole.seconds) : say("model_running")],
    ["finish_reason", whole.finish_reason],
    [say("model_tokens"), usage
      ? `${usage.prompt_tokens} + ${usage.completion_tokens} = ${usage.total_tokens}`
      : say("model_no_usage", { count: whole.estimate })],
    [say("model_fault"), whole.fault && say(`model_${whole.fault}`)],
    [say("model_ending"), troubleOf(whole)],
    [say("model_key"), whole.key],
  ];
}

/** How the answer ended, where that is not the usual end. */
export function troubleOf({ ending, client_left: hasLeft }) {
  if (hasLeft) return say("ending_left");
  return ending && ending !== "done" ? say(`ending_${ending}`) : "";
}

/** The prompt: the role's text, what was said before, the question. */
function Prompt({ whole }) {
  const { prompt } = whole;
  if (prompt.length === 0) return null;
  const title = say("model_prompt", { count: prompt.length, tokens: whole.estimate });
  return html`<section class="wire-block model-prompt" aria-label=${title}>
    <header><h4>${title}</h4></header>
    <ol>${prompt.map((message, at) => html`<li key=${at} class=${`model-message model-${message.role}`}>
      <div class="model-role">
        <b>${message.role}</b>
        <span>${say(partOf(message, at, prompt))}</span>
        <small>${say("model_size", message)}</small>
      </div>
      <div class="wire-json"><${LongText} value=${message.text} /></div>
      ${message.parts.length > 0 && html`<${Block} title=${say("model_parts")} value=${message.parts} />`}
      ${Object.keys(message.rest).length > 0 && html`<${Block} title=${say("model_rest")} value=${message.rest} />`}
    </li>`)}</ol>
  </section>`;
}

function partOf({ role }, at, prompt) {
  if (role === "system" || role === "developer") return "model_part_role";
  return at === prompt.length - 1 ? "model_part_question" : "model_part_history";
}

/** The chunks as they were sent, each with its time since the request. */
function Stream({ whole }) {
  const [isWhole, setWhole] = useState(false);
  const { stream } = whole;
  if (stream.length === 0) return null;
  const shown = isWhole ? stream : stream.slice(0, CHUNKS);
  return html`<section class="wire-block">
    <header><h4>${say("model_stream", { count: whole.chunks })}</h4></header>
    <ol class="model-stream wire-json">${shown.map((chunk, at) => html`<li key=${at} class=${`chunk-${chunk.field}`}>
      <span class="wire-at">${seconds(chunk.at)}</span>
      <code>${chunk.text}</code>
      ${chunk.field !== "content" && html`<small>${chunk.field}</small>`}
    </li>`)}</ol>
    ${stream.length > CHUNKS && html`<button type="button" class="wire-link" onClick=${() => setWhole(!isWhole)}>
      ${isWhole ? say("wire_less") : say("model_all_chunks", { count: stream.length })}
    </button>`}
    ${whole.left_out > 0 && html`<p class="wire-hint">${say("model_left_out", { count: whole.left_out })}</p>`}
  </section>`;
}

/** Fetched when it is looked at, and again when there is more of it. */
function useWhole({ number, chunks, is_over: isOver }) {
  const [whole, setWhole] = useState(null);
  useEffect(() => {
    let isWanted = true;
    exchangeOf(number)
      .catch((problem) => ({ problem }))
      .then((answer) => isWanted && setWhole(answer));
    return () => {
      isWanted = false;
    };
  }, [number, chunks, isOver]);
  return whole;
}
