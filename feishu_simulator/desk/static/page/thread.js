// A thread in the side panel: the message that opened it, the answers, and where one answers.
import { go, here } from "../here.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { chatOf, store } from "../store.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { MessageList } from "./messagelist.js";
import { rootOf } from "./threads.js";
import { repliesIn } from "./threadstrip.js";

export function SideHead({ title }) {
  return html`<header class="side-head">
    <h2>${title}</h2>
    <button type="button" class="round-button" aria-label=${say("close")} onClick=${() => go({ side: "" })}>
      <${Icon} name="close" />
    </button>
  </header>`;
}

export function Thread({ messages }) {
  const root = store.messages.get(here.thread);
  const chat = root && chatOf(root.chat_id);
  if (!chat) return null;
  const answers = messages.filter((message) => rootOf(message) === root);
  return html`<div class="thread">
    <${SideHead} title=${`${say("side_thread")} · ${repliesIn(answers.length)}`} />
    <${MessageList} key=${root.message_id} messages=${[root, ...answers]} place="thread" chat=${chat}
      rootId=${root.message_id} />
    <${Composer} key=${`${here.person} thread ${root.message_id}`} chat=${chat} place="thread"
      rootId=${root.message_id} />
  </div>`;
}
