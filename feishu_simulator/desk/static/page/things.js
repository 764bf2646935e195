// What can be sent besides words and files: a sticker, a place, a poll, somebody's card …
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Icon } from "./icons.js";
import { kindOf } from "./lines.js";
import { Popover } from "./popover.js";

// As in feishu_simulator/desk/things.py.
const THINGS = [
  "sticker", "location", "vote", "todo", "calendar", "video_chat", "interactive", "share_user",
  "share_chat", "hongbao", "folder",
];

/** Props: onPick, called with the kind. */
export function ThingsMenu({ onPick }) {
  const button = html`<${Icon} name="plus" />`;
  return html`<${Popover} kind="round-button" label=${say("sendThing")} button=${button}>
    ${(close) => html`<div class="menu">
      ${THINGS.map((kind) => html`<button type="button" key=${kind} class="menu-item" onClick=${() => {
        close();
        onPick(kind);
      }}>${kindOf(kind)}</button>`)}
    </div>`}
  <//>`;
}
