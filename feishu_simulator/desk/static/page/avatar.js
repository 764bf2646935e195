// Round pictures of people, chats and the bot: an initial on a colour that stays the same.
import { html } from "../vendor/preact-htm.js";
import { nameOf, store } from "../store.js";
import { Icon } from "./icons.js";

const COLOURS = 7;

/** The number of a name's colour; the classes face-0 … have them. */
export function colourOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % COLOURS;
}

/** The picture of a sender; null is the bot. */
export function Avatar({ id, small }) {
  const size = small ? "face face-small" : "face";
  if (id === null || id === store.bot.open_id) {
    return html`<span class=${`${size} face-bot`} aria-hidden="true"><${Icon} name="bot" /></span>`;
  }
  const [initial] = nameOf(id) || "?";
  return html`<span class=${`${size} face-${colourOf(nameOf(id))}`} aria-hidden="true">${initial}</span>`;
}

/** The picture of a chat: the bot's for a private one. */
export function ChatAvatar({ chat }) {
  if (chat.mode === "p2p") return html`<${Avatar} id=${null} />`;
  const icon = chat.mode === "topic" ? "topic" : "people";
  return html`<span class=${`face face-chat face-${colourOf(chat.name)}`} aria-hidden="true">
    <${Icon} name=${icon} />
  </span>`;
}
