// Deliver a person's message again, as Feishu may at any time, and see that it is answered once.
import { act } from "../api.js";
import { trying } from "../toast.js";
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";

const WAYS = ["again", "twice", "new_id", "late"];

export function Replay({ message, wire }) {
  const [done, setDone] = useState("");
  const send = async (how) => {
    if (await trying(act("send_again", { message_id: message.message_id, how }))) setDone(how);
  };
  const pushes = wire.pushes.filter((push) => push.event_type === "im.message.receive_v1").length;
  return html`<section class="wire-replay" aria-label=${say("replay_title")}>
    <h3>${say("replay_title")}</h3>
    <div class="wire-buttons">
      ${WAYS.map((how) => html`<button type="button" key=${how} class="wire-button"
        title=${say(`replay_${how}_why`)} disabled=${!message.pushed} onClick=${() => send(how)}>
        ${say(`replay_${how}`)}
      </button>`)}
    </div>
    <p class="wire-outcome" role="status">
      ${say("replay_outcome", { pushes, answers: wire.answers.length })}
      ${wire.answers.length === 1 && pushes > 1 && html` <b class="good">${say("replay_once")}</b>`}
    </p>
    ${done && html`<p class="wire-hint">${say(`replay_${done}_why`)}</p>`}
  </section>`;
}
