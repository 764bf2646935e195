// Reactions under a message, and the palette to choose one from.
import { act } from "../api.js";
import { trying } from "../toast.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf } from "../store.js";
import { OFFERED, signOf } from "./emoji.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";

const react = (message, person, emoji, on) =>
  trying(act("react", { message_id: message.message_id, person, emoji, on }));

/** What has been put on the message; a click adds one's own or takes it back. */
export function Reactions({ message, me }) {
  const who = new Map();
  for (const { emoji, person } of message.reactions) {
    who.set(emoji, [...(who.get(emoji) ?? []), person]);
  }
  if (who.size === 0) return null;
  return html`<div class="reactions">
    ${[...who].map(([emoji, people]) => {
      const mine = people.includes(me);
      const names = people.map(nameOf).join(say("comma"));
      return html`<button type="button" key=${emoji} class=${mine ? "reaction mine" : "reaction"}
        aria-pressed=${mine} title=${`${emoji} · ${names}`} aria-label=${`${emoji}: ${names}`}
        onClick=${() => react(message, me, emoji, !mine)}>
        <span class="reaction-sign">${signOf(emoji)}</span>
        <span class="reaction-names">${people.length > 3 ? people.length : names}</span>
      </button>`;
    })}
  </div>`;
}

/** The button that opens the palette. */
export function ReactionPicker({ message, me, onOpen }) {
  return html`<${Popover} kind="tool" label=${say("react")} align="end" onOpen=${onOpen}
    button=${html`<${Icon} name="react" />`}>
    ${(close) => html`<div class="palette" role="group" aria-label=${say("react")}>
      ${OFFERED.map((emoji) => html`<button type="button" key=${emoji} title=${emoji} aria-label=${emoji}
        onClick=${() => {
          close();
          react(message, me, emoji, true);
        }}>${signOf(emoji)}</button>`)}
    </div>`}
  <//>`;
}
