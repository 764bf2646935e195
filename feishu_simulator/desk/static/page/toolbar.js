// What can be done with one message: react, reply, open a thread, copy, take back, look inside.
import { act } from "../api.js";
import { go, here } from "../here.js";
import { toast, trying } from "../toast.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Icon } from "./icons.js";
import { ReactionPicker } from "./reactions.js";
import { rootOf } from "./threads.js";

function Tool({ icon, label, onClick }) {
  return html`<button type="button" class="tool" title=${label} aria-label=${label} onClick=${onClick}>
    <${Icon} name=${icon} />
  </button>`;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(say("copied"), "success");
  } catch {
    toast(say("copyFailed"), "warning");
  }
}

/** Ask for another text; the mentions of the first one stay. */
function edit(message, me) {
  const text = prompt(say("edit"), message.text);
  if (text?.trim() && text !== message.text) {
    trying(act("edit", { message_id: message.message_id, person: me, text }));
  }
}

/** This message and those after it go to one's own chat with the bot, as one. */
async function forward(message, me) {
  const sent = await trying(act("forward", { message_id: message.message_id, person: me }));
  if (sent) toast(say("forwardedToBot"), "success");
}

/** Reply where the message stands; one that has a thread is answered inside it. */
function reply(message, place) {
  if (place === "thread") {
    go({ replyTo: rootOf(message) ? message.message_id : "", replyPlace: "thread" });
  } else if (message.thread_id) {
    go({ side: "thread", thread: message.message_id, replyTo: "" });
  } else {
    go({ replyTo: message.message_id, replyPlace: "main" });
  }
  document.querySelector(here.side === "thread" && (place === "thread" || message.thread_id)
    ? ".thread textarea" : ".conversation textarea")?.focus();
}

export function Toolbar({ message, me, place, canThread }) {
  const id = message.message_id;
  const text = message.card || message.type === "text" || message.type === "post" ? message.text : "";
  return html`<div class="toolbar" role="toolbar" aria-label=${say("messageTools")}>
    <${ReactionPicker} message=${message} me=${me} />
    <${Tool} icon="reply" label=${say("reply")} onClick=${() => reply(message, place)} />
    ${canThread && place === "main" && html`<${Tool} icon="thread" label=${say("replyInThread")}
      onClick=${() => go({ side: "thread", thread: id, replyTo: "" })} />`}
    <${Tool} icon="forward" label=${say("forward")} onClick=${() => forward(message, me)} />
    ${text && html`<${Tool} icon="copy" label=${say("copy")} onClick=${() => copy(text)} />`}
    ${message.sender === me && message.type === "text" && html`<${Tool} icon="edit"
      label=${say("edit")} onClick=${() => edit(message, me)} />`}
    ${message.sender === me && html`<${Tool} icon="recall" label=${say("recall")}
      onClick=${() => trying(act("recall", { message_id: id, person: me }))} />`}
    <${Tool} icon="inspect" label=${say("inspect")}
      onClick=${() => go({ side: "inspector", inspected: id })} />
  </div>`;
}
