// Who is there: as whom one writes, who is in a group, one more person.
import { act } from "../api.js";
import { go, here } from "../here.js";
import { trying } from "../toast.js";
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf, personOf, store, until } from "../store.js";
import { Avatar } from "./avatar.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";

function AddPerson({ onDone }) {
  const [name, setName] = useState("");
  const add = async (event) => {
    event.preventDefault();
    const added = name.trim() && (await trying(act("add_person", { name: name.trim() })));
    if (!added) return;
    await until(() => personOf(added.open_id));
    onDone();
    go({ person: added.open_id });
  };
  return html`<form class="add-person" onSubmit=${add}>
    <input value=${name} maxlength="40" placeholder=${say("newPerson")} aria-label=${say("newPerson")}
      onInput=${(event) => setName(event.target.value)} />
    <button type="submit" class="round-button" aria-label=${say("addPerson")} disabled=${!name.trim()}>
      <${Icon} name="plus" />
    </button>
  </form>`;
}

/** Choose as whom to write. */
export function WriteAs() {
  const button = html`<${Avatar} id=${here.person} small=${true} />
    <span class="write-as-name">${nameOf(here.person)}</span><${Icon} name="open" />`;
  return html`<${Popover} kind="write-as" label=${say("writeAs")} align="end" button=${button}>
    ${(close) => html`<div class="menu">
      <div class="menu-title">${say("writeAs")}</div>
      ${store.people.map(({ open_id: id, name }) => html`<button type="button" key=${id} class="menu-item"
        aria-current=${id === here.person} onClick=${() => {
          close();
          go({ person: id, replyTo: "" });
        }}>
        <${Avatar} id=${id} small=${true} /><span>${name}</span>
        ${id === here.person && html`<${Icon} name="check" />`}
      </button>`)}
      <${AddPerson} onDone=${close} />
    </div>`}
  <//>`;
}

/** The members of a group. */
export function PeopleOf({ chat }) {
  const members = chat.has_bot ? [null, ...chat.people] : chat.people;
  const button = html`<${Icon} name="people" /><span>${members.length}</span>`;
  return html`<${Popover} kind="round-button counted" label=${say("members")} align="end" button=${button}>
    ${() => html`<div class="menu">
      <div class="menu-title">${say("members")}</div>
      ${members.map((id) => html`<div key=${id} class="menu-item">
        <${Avatar} id=${id} small=${true} /><span>${nameOf(id)}</span>
        ${id === null && html`<span class="badge-bot">${say("botBadge")}</span>`}
      </div>`)}
    </div>`}
  <//>`;
}
