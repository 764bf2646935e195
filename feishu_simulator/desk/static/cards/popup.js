// A list that opens at a button, in front of everything and never cut off.
import { html, useLayoutEffect, useRef } from "../vendor/preact-htm.js";

const GAP = 4;
const EDGE = 8;
const NEXT = { ArrowDown: 1, ArrowUp: -1 };

/** anchor: a ref to the button. The list closes on Escape and on a press elsewhere. */
export function Popup({ anchor, role, label, isMany = false, onClose, children }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const list = box.current;
    list.showPopover();
    place(list, anchor.current);
    const first = list.querySelector("[aria-selected=true], input") ?? list.querySelector("button");
    first?.focus({ preventScroll: true });
    const follow = (event) => list.contains(event.target) || place(list, anchor.current);
    addEventListener("scroll", follow, true);
    addEventListener("resize", follow);
    return () => {
      removeEventListener("scroll", follow, true);
      removeEventListener("resize", follow);
    };
  }, []);
  const move = (event) => {
    const step = NEXT[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...box.current.querySelectorAll("button:not(:disabled)")];
    const at = items.indexOf(document.activeElement) + step;
    items[(at + items.length) % items.length]?.focus();
  };
  const toggled = (event) => {
    if (event.newState !== "closed") return;
    const held = box.current?.contains(document.activeElement) || document.activeElement === document.body;
    if (held) anchor.current?.focus({ preventScroll: true });
    onClose();
  };
  return html`<div
    ref=${box} popover="auto" class="c-popup" role=${role} aria-label=${label}
    aria-multiselectable=${isMany ? "true" : undefined} onKeyDown=${move} onToggle=${toggled}
  >${children}</div>`;
}

function place(list, anchor) {
  const at = anchor.getBoundingClientRect();
  list.style.minWidth = `${Math.min(at.width, innerWidth - 2 * EDGE)}px`;
  const { width, height } = list.getBoundingClientRect();
  const isAbove = at.bottom + GAP + height > innerHeight - EDGE && at.top - GAP - height > EDGE;
  list.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
  const below = Math.min(at.bottom + GAP, innerHeight - EDGE - height);
  list.style.top = `${isAbove ? at.top - GAP - height : below}px`;
}
