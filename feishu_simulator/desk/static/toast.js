// Short messages on top of the page, as Feishu shows them after a click.
import { html, useEffect, useState } from "./vendor/preact-htm.js";

const SECONDS = 4;
let shown = [];
let draw = () => {};
let number = 0;

/** kind: info, success, warning or error. */
export function toast(text, kind = "info") {
  const id = ++number;
  shown = [...shown, { id, text, kind }];
  draw();
  setTimeout(() => {
    shown = shown.filter((one) => one.id !== id);
    draw();
  }, SECONDS * 1000);
}

/** Run what may be refused, and show the refusal. */
export async function trying(promise) {
  try {
    return await promise;
  } catch (error) {
    toast(error.message, "error");
    return null;
  }
}

export function Toasts() {
  const [, set] = useState(0);
  useEffect(() => {
    draw = () => set((count) => count + 1);
  }, []);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${shown.map((one) => html`<div key=${one.id} class=${`toast toast-${one.kind}`}>${one.text}</div>`)}
  </div>`;
}
