// The menu behind three dots.
import { html, useRef, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { openAddress, useCallback } from "./callback.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { Icon } from "./icons.js";
import { Popup } from "./popup.js";
import { wordsOf } from "./text.js";

export function Overflow({ part }) {
  const { lang } = useCard();
  const { busy, use } = useCallback(part);
  const [isOpen, open] = useState(false);
  const anchor = useRef(null);
  const closed = useRef(0);
  const close = () => {
    closed.current = performance.now();
    open(false);
  };
  const choose = (one) => {
    open(false);
    anchor.current.focus();
    openAddress(one?.multi_url ?? { url: one?.url });
    if (one?.value !== undefined) use({ option: one.value });
  };
  return html`<div class="c-control">
    <button
      type="button" ref=${anchor} aria-label=${say("card_more")}
      class=${classes("c-btn", "c-btn-default", "c-btn-overflow", busy && "c-busy")}
      aria-haspopup="menu" aria-expanded=${isOpen} aria-busy=${busy} disabled=${part.disabled === true}
      onClick=${() => performance.now() - closed.current > 200 && open(true)}
    ><${Icon} token="more_outlined" /></button>
    ${isOpen && html`<${Popup} anchor=${anchor} role="menu" label=${say("card_more")} onClose=${close}>
      ${(Array.isArray(part.options) ? part.options : []).map((one, index) => html`<button
        type="button" key=${index} role="menuitem" class="c-popup-option" onClick=${() => choose(one)}
      ><span>${wordsOf(one?.text, lang)}</span></button>`)}
    </${Popup}>`}
  </div>`;
}
