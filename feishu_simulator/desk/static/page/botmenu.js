// The menu an administrator gives the bot; pressing an entry is an event, not a message.
import { act } from "../api.js";
import { here } from "../here.js";
import { trying } from "../toast.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { store } from "../store.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";

const press = (entry) => trying(act("menu", { person: here.person, key: entry.key }));

/** All entries in a row, or one button that opens them where the row is too long. */
export function BotMenu() {
  const row = useRef(null);
  const fits = useFits(row, here.lang);
  if (store.menu.length === 0) return null;
  return html`<div ref=${row} class="bot-menu" role="group" aria-label=${say("botMenu")}>
    ${fits ? store.menu.map((entry) => html`<${Entry} key=${entry.key} entry=${entry} />`) : html`<${Folded} />`}
  </div>`;
}

function Entry({ entry }) {
  return html`<button type="button" class="menu-button" onClick=${() => press(entry)}>
    ${entry[here.lang]}
  </button>`;
}

function Folded() {
  const button = html`<${Icon} name="menu" /><span>${say("menu")}</span>`;
  return html`<${Popover} kind="menu-button" label=${say("botMenu")} button=${button}>
    ${(close) => html`<div class="menu">
      ${store.menu.map((entry) => html`<button type="button" key=${entry.key} class="menu-item"
        onClick=${() => {
          close();
          press(entry);
        }}>${entry[here.lang]}</button>`)}
    </div>`}
  <//>`;
}

/** Whether what a row holds has room in it; how long it is shows only while it is all there. */
function useFits(row, lang) {
  const [fits, set] = useState(true);
  const needed = useRef(0);
  useLayoutEffect(() => {
    needed.current = 0;
    set(true);
  }, [lang]);
  useLayoutEffect(() => {
    const element = row.current;
    if (!element) return undefined;
    const measure = () => {
      if (fits) needed.current = element.scrollWidth;
      set(needed.current <= element.clientWidth);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [fits, lang]);
  return fits;
}
