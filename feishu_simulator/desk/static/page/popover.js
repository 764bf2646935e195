// A button that opens a small panel beside it; Escape and a click elsewhere close it.
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";

/** `children` is a function of what closes the panel; `button` is what stands on the button. */
export function Popover({ button, label, kind = "", align = "start", onOpen, children }) {
  const [side, setSide] = useState("");
  const whole = useRef(null);
  const close = () => setSide("");

  // At once: who has begun to write in it keeps the keyboard.
  useLayoutEffect(() => {
    onOpen?.(side !== "");
    if (!side) return undefined;
    const outside = (event) => whole.current?.contains(event.target) || close();
    document.addEventListener("pointerdown", outside);
    whole.current.querySelector(".popover button, .popover input")?.focus();
    return () => document.removeEventListener("pointerdown", outside);
  }, [side]);

  const toggle = () => {
    const { top } = whole.current.getBoundingClientRect();
    setSide(side ? "" : top > innerHeight / 2 ? "above" : "below");
  };
  const onKey = (event) => {
    if (event.key !== "Escape" || !side) return;
    event.preventDefault();
    close();
    whole.current.querySelector("button").focus();
  };
  return html`<span class="popover-place" ref=${whole} onKeyDown=${onKey}>
    <button type="button" class=${kind} title=${label} aria-label=${label} aria-expanded=${side !== ""}
      onClick=${toggle}>${button}</button>
    ${side && html`<div class=${`popover popover-${side} popover-${align}`}>${children(close)}</div>`}
  </span>`;
}
