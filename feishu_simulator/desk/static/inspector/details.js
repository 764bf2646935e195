// What a row of the timeline unfolds to.
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Copy } from "./copy.js";
import { Block } from "./json.js";

/** Names with short values that can be copied; empty ones are left out. */
export function Facts({ facts }) {
  const shown = facts.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return html`<dl class="wire-facts">${shown.map(([name, value]) => html`<div key=${name}>
    <dt>${name}</dt>
    <dd><code>${value}</code><${Copy} text=${String(value)} label=${`${say("wire_copy")} ${name}`} /></dd>
  </div>`)}</dl>`;
}

export function PushDetails({ push }) {
  return html`
    <${Facts} facts=${[["event_id", push.event_id], ["HTTP", push.status || push.error]]} />
    <${Block} title=${say("wire_plain")} value=${push.event} />
    <${Block} title=${say("wire_headers")} value=${push.headers} />
    <${Block} title=${say("wire_sent")} value=${push.sent} />
    <${Block} title=${say("wire_bot_said")} value=${push.answer} />`;
}

export function CallbackDetails({ callback }) {
  return html`
    <${Facts} facts=${[["event_id", callback.event.header?.event_id], ["HTTP", callback.status],
      ["error_code", callback.error_code || ""]]} />
    <${Block} title=${say("wire_plain")} value=${callback.event} />
    <${Block} title=${say("wire_bot_said")} value=${callback.answer} />`;
}

export function CallDetails({ call }) {
  const whole = useWhole(call.serial);
  return html`
    <p class="wire-path"><b>${call.method}</b> ${call.path}</p>
    <${Facts} facts=${[["log_id", call.log_id], ["code", call.code || ""], ["msg", call.msg],
      ["limit", call.limit]]} />
    ${whole?.error && html`<p class="wire-hint">${say("wire_forgotten")}</p>`}
    <${Block} title=${say("wire_body")} value=${whole?.body} />
    <${Block} title=${say("wire_answer")} value=${whole?.answer} />`;
}

/** The bodies of a call, fetched when it is looked at: a long answer has hundreds of them. */
function useWhole(serial) {
  const [whole, setWhole] = useState(null);
  useEffect(() => {
    let isWanted = true;
    fetch(`/desk/call/${serial}`)
      .then((response) => response.json())
      .catch((error) => ({ error: error.message }))
      .then((answer) => isWanted && setWhole(answer));
    return () => {
      isWanted = false;
    };
  }, [serial]);
  return whole;
}
