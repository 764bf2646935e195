// People in cards: mentions, avatars, names. An id may be an open_id, a union_id or a user_id.
import { colourOf } from "../page/avatar.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { personOf, store } from "../store.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";

/** The person of an id of any kind. */
export const find = (id) =>
  personOf(id) ?? store.people.find((person) => person.union_id === id || person.user_id === id);

/** The name of an id of any kind. */
export const nameFor = (id) => find(id)?.name ?? say("card_unknown_person");

/** @someone in the text; the reader's own name stands out. */
export function At({ id, name, isMe = false }) {
  const { person } = useCard();
  const own = isMe || (id && find(id)?.open_id === person);
  return html`<span class=${`c-at${own ? " c-at-me" : ""}`}>@${name ?? nameFor(id)}</span>`;
}

export function Avatar({ id, size = "small" }) {
  const name = nameFor(id);
  const colour = find(id) ? `face-${colourOf(name)}` : "c-avatar-unknown";
  return html`<span class=${`c-avatar c-avatar-${size} ${colour}`} aria-hidden="true">
    ${[...name][0]}
  </span>`;
}

/** Avatar and name of one person. */
export function PersonMark({ id, showName = true, showAvatar = true, isCapsule, size = "extra_small" }) {
  useCard();
  return html`<span
    class=${classes("c-person", isCapsule && "c-person-capsule")} title=${showName ? undefined : nameFor(id)}
  >
    ${showAvatar && html`<${Avatar} id=${id} size=${size} />`}
    ${showName && html`<span>${nameFor(id)}</span>`}
  </span>`;
}

const SIZES = new Set(["extra_small", "small", "medium", "large"]);
const sizeOf = (part) => (SIZES.has(part.size) ? part.size : "medium");

export function Person({ part }) {
  return html`<${PersonMark}
    id=${part.user_id} showName=${part.show_name === true} showAvatar=${part.show_avatar !== false}
    isCapsule=${part.style === "capsule"} size=${sizeOf(part)}
  />`;
}

export function PersonList({ part }) {
  useCard();
  const people = (part.persons ?? []).filter((person) => !part.drop_invalid_user_id || find(person?.id));
  const showName = part.show_name !== false;
  return html`<div class=${`c-people${showName ? "" : " c-people-stacked"}`}>
    ${people.map((person, index) => html`<${PersonMark}
      key=${index} id=${person?.id} showName=${showName} showAvatar=${part.show_avatar !== false}
      size=${sizeOf(part)}
    />`)}
  </div>`;
}
