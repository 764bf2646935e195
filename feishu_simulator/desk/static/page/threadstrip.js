// What stands under a message that opened a thread: how many answers, who was last, and what it says.
import { go } from "../here.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf } from "../store.js";
import { Avatar } from "./avatar.js";
import { lineOf } from "./lines.js";

/** "3 replies" */
export const repliesIn = (count) => say(count === 1 ? "oneReply" : "replies", { count });

export function ThreadStrip({ rootId, count, last }) {
  return html`<button type="button" class="strip" onClick=${() => go({ side: "thread", thread: rootId })}>
    <${Avatar} id=${last.sender} small=${true} />
    <span class="strip-count">${repliesIn(count)}</span>
    <span class=${last.streaming ? "strip-line streaming" : "strip-line"} dir="auto">
      ${nameOf(last.sender)}${say("colon")}${lineOf(last)}
    </span>
  </button>`;
}
