// A modal window; the browser keeps the focus inside and closes it on Escape.
import { html, useLayoutEffect, useRef } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Icon } from "./icons.js";

export function Dialog({ title, kind = "", onClose, children }) {
  const element = useRef(null);
  useLayoutEffect(() => {
    element.current.showModal();
  }, []);
  const onBackdrop = (event) => event.target === element.current && onClose();
  // Escape is for the dialog alone, not for the panel behind it.
  const onKey = (event) => event.stopPropagation();
  return html`<dialog ref=${element} class=${`dialog ${kind}`} aria-label=${title} onClose=${onClose}
    onClick=${onBackdrop} onKeyDown=${onKey}>
    <header class="dialog-head">
      <h2>${title}</h2>
      <button type="button" class="round-button" aria-label=${say("close")} onClick=${onClose}>
        <${Icon} name="close" />
      </button>
    </header>
    ${children}
  </dialog>`;
}
