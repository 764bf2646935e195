// Lists to choose from: select_static, select_person, and those of which several may be chosen.
import { html, useRef, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { chatOf } from "../store.js";
import { useCallback } from "./callback.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { useField } from "./form.js";
import { Icon, PartIcon } from "./icons.js";
import { Avatar, nameFor } from "./people.js";
import { Popup } from "./popup.js";
import { wordsOf } from "./text.js";

const SEARCHED_OPTIONS = 8;

export function Select({ part }) {
  const card = useCard();
  const isMany = part.tag.startsWith("multi_");
  const isPeople = part.tag.endsWith("_person");
  const options = optionsOf(part, card, isPeople);
  const initial = initialOf(part, options, isMany);
  const { value, set, box, isMissing, inForm } = useField(part, initial);
  const { busy, use } = useCallback(part);
  const [isOpen, open] = useState(false);
  const anchor = useRef(null);
  const closed = useRef(0);
  const before = useRef(value);
  const chosen = options.filter((one) => (isMany ? value.includes(one.value) : value === one.value));

  const press = () => {
    if (performance.now() - closed.current < 200) return;
    before.current = value;
    open(true);
  };
  const close = () => {
    closed.current = performance.now();
    open(false);
    const isChanged = isMany && JSON.stringify(before.current) !== JSON.stringify(value);
    if (isChanged && !inForm) use({ options: value });
  };
  const choose = (one) => {
    if (isMany) {
      set(value.includes(one.value) ? value.filter((other) => other !== one.value) : [...value, one.value]);
      return;
    }
    open(false);
    anchor.current.focus();
    set(one.value);
    if (!inForm) use({ option: one.value });
  };

  const hint = wordsOf(part.placeholder, card.lang) || say("card_choose");
  const isBare = part.type === "text";
  return html`<div class="c-control" ref=${box}>
    <button
      type="button" ref=${anchor} disabled=${part.disabled === true} aria-busy=${busy}
      class=${classes("c-select", isBare && "c-select-text", isMissing && "c-missing", busy && "c-busy")}
      aria-haspopup="listbox" aria-expanded=${isOpen} aria-invalid=${isMissing === true} onClick=${press}
    >
      ${chosen.length
        ? html`<span class="c-select-chosen">${chosen.map((one) => chip(one, isMany, isPeople))}</span>`
        : html`<span class="c-select-hint">${hint}</span>`}
      <${Icon} token="down-small-ccm_outlined" />
    </button>
    ${isOpen && html`<${Popup}
      anchor=${anchor} role="listbox" label=${hint} isMany=${isMany} onClose=${close}
    >
      <${Options} ...${{ options, isMany, isPeople, chosen }} onChoose=${choose} />
    </${Popup}>`}
  </div>`;
}

function Options({ options, isMany, isPeople, chosen, onChoose }) {
  const [wanted, search] = useState("");
  const shown = options.filter((one) => one.words.toLowerCase().includes(wanted.toLowerCase()));
  return html`
    ${options.length > SEARCHED_OPTIONS && html`<input
      class="c-popup-search" type="search" placeholder=${say("card_search")} aria-label=${say("card_search")}
      value=${wanted} onInput=${(event) => search(event.target.value)}
    />`}
    ${shown.length === 0 && html`<div class="c-popup-empty">${say("card_no_options")}</div>`}
    ${shown.map((one) => html`<button
      type="button" key=${one.value} role="option" class="c-popup-option"
      aria-selected=${chosen.includes(one)} onClick=${() => onChoose(one)}
    >
      ${isMany && html`<span class="c-box" aria-hidden="true"></span>`}
      ${isPeople && html`<${Avatar} id=${one.value} size="extra_small" />`}
      ${one.icon && html`<${PartIcon} icon=${one.icon} />`}
      <span>${one.words}</span>
    </button>`)}
  `;
}

const chip = (one, isMany, isPeople) => html`<span
  key=${one.value} class=${isMany ? "c-chip" : "c-select-one"}
>
  ${isPeople && html`<${Avatar} id=${one.value} size="extra_small" />`}
  ${one.icon && html`<${PartIcon} icon=${one.icon} />`}
  <span>${one.words}</span>
</span>`;

/** People without options of their own are those of the chat. */
function optionsOf(part, card, isPeople) {
  const given = Array.isArray(part.options) ? part.options : [];
  const all = isPeople && !given.length
    ? (chatOf(card.chatId)?.people ?? []).map((id) => ({ value: id }))
    : given;
  return all.map((one) => ({
    value: String(one?.value ?? ""),
    words: isPeople ? nameFor(one?.value) : wordsOf(one?.text, card.lang),
    icon: one?.icon,
  }));
}

function initialOf(part, options, isMany) {
  if (isMany) return (Array.isArray(part.selected_values) ? part.selected_values : []).map(String);
  const byIndex = Number.isInteger(part.initial_index) ? options[part.initial_index - 1]?.value : undefined;
  return String(part.initial_option ?? byIndex ?? "");
}
