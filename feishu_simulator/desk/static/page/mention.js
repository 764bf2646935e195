// Completion after "@": whom one may mean, and choosing with the keyboard or the mouse.
import { here } from "../here.js";
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf, store } from "../store.js";
import { Avatar } from "./avatar.js";

// An @ inside an address ("a@b") asks for nobody.
const ASKED = /(?<![A-Za-z0-9._-])@([^\s@]{0,20})$/;

export const mentionName = (openId) => (openId === "all" ? say("everyone") : nameOf(openId));

function candidates(chat, asked, taken) {
  const all = [store.bot.open_id, ...chat.people.filter((person) => person !== here.person), "all"];
  const wanted = asked.toLowerCase();
  return all.filter((id) => !taken.includes(id) && mentionName(id).toLowerCase().includes(wanted));
}

/** The state of the completion for a text with the caret at `caret`; choose(id, textWithoutIt). */
export function useMentions(chat, draft, caret, choose) {
  const [chosen, setChosen] = useState(0);
  const [closedAt, setClosedAt] = useState("");
  const before = draft.text.slice(0, caret);
  const asked = chat.mode === "p2p" || before === closedAt ? null : before.match(ASKED);
  const found = asked ? candidates(chat, asked[1], draft.mentions) : [];
  const at = Math.min(chosen, found.length - 1);

  const take = (id) => {
    setChosen(0);
    const start = before.slice(0, asked.index);
    choose(id, start + draft.text.slice(caret), start.length);
  };
  /** Whether the key was for the completion. */
  const onKey = (event) => {
    if (found.length === 0) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setChosen((at + step + found.length) % found.length);
    else if (event.key === "Enter" || event.key === "Tab") take(found[at]);
    else if (event.key === "Escape") setClosedAt(before);
    else return false;
    event.preventDefault();
    return true;
  };
  return { found, at, take, onKey };
}

export function MentionList({ id, found, at, take }) {
  if (found.length === 0) return null;
  return html`<ul class="mention-list" id=${id} role="listbox" aria-label=${say("mentionSomeone")}>
    ${found.map((person, row) => html`<li key=${person} id=${`${id}-${row}`} role="option"
      aria-selected=${row === at} onMouseDown=${(event) => {
        event.preventDefault();
        take(person);
      }}>
      ${person === "all"
        ? html`<span class="face face-small face-4" aria-hidden="true">@</span>`
        : html`<${Avatar} id=${person} small=${true} />`}
      <span>${mentionName(person)}</span>
      ${person === store.bot.open_id && html`<span class="badge-bot">${say("botBadge")}</span>`}
    </li>`)}
  </ul>`;
}
