// The panel on the right: a thread, the inspector or the faults.
import { here } from "../here.js";
import { Inspector } from "../inspector/inspector.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Faults } from "./faults.js";
import { Thread } from "./thread.js";

export function Side({ messages }) {
  const panels = {
    thread: () => html`<${Thread} messages=${messages} />`,
    inspector: () => html`<${Inspector} />`,
    faults: () => html`<${Faults} />`,
  };
  const panel = panels[here.side]?.();
  if (!panel) return null;
  return html`<aside class=${`side side-${here.side}`} aria-label=${say(`side_${here.side}`)}>
    ${panel}
  </aside>`;
}
