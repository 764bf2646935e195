// The bar on top: what this is, what answers, faults, language, theme, as whom one writes.
import { go, here } from "../here.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { messagesIn, store } from "../store.js";
import { faultsAreOn } from "./faults.js";
import { Icon } from "./icons.js";
import { WriteAs } from "./people.js";

const THEMES = ["auto", "light", "dark"];

function Model() {
  const real = store.bot.real_model;
  const name = real || say("echoModel");
  return html`<span class="model" title=${say(real ? "realModelNote" : "echoModelNote")}>
    <span class=${store.bot.connected ? "dot dot-good" : "dot dot-bad"} />
    ${store.bot.connected ? name : say("botMissing")}
  </span>`;
}

/** The newest message of the chat that is open; "" without one. */
const newest = () => messagesIn(here.chat).at(-1)?.message_id ?? "";

export function TopBar() {
  const theme = THEMES[(THEMES.indexOf(here.theme) + 1) % THEMES.length];
  const faults = here.side === "faults";
  const inspects = here.side === "inspector";
  const faulty = faultsAreOn(store);
  const toggled = say("faults") + (faulty ? ` · ${say("faultsOn")}` : "");
  return html`<header class="topbar">
    <img src="/static/icon.svg" alt="" width="24" height="24" />
    <span class="topbar-name">${say("pageName")}</span>
    <${Model} />
    <span class="topbar-space" />
    <button type="button" class=${`bar-button ${faulty ? "faulty" : ""}`} title=${toggled}
      aria-label=${toggled} aria-pressed=${faults} onClick=${() => go({ side: faults ? "" : "faults" })}>
      <${Icon} name="faults" /><span class="wide-only">${say("faults")}</span>
    </button>
    <button type="button" class="bar-button" title=${say("inspectorNote")} aria-label=${say("side_inspector")}
      aria-pressed=${inspects} onClick=${() => go(inspects ? { side: "" } : { side: "inspector", inspected: newest() })}>
      <${Icon} name="inspect" /><span class="wide-only">${say("side_inspector")}</span>
    </button>
    <button type="button" class="bar-button" title=${say("switchLang")} aria-label=${say("switchLang")}
      onClick=${() => go({ lang: here.lang === "zh" ? "en" : "zh" })}>${say("otherLang")}</button>
    <button type="button" class="bar-button" title=${say(`theme_${here.theme}`)}
      aria-label=${say(`theme_${here.theme}`)} onClick=${() => go({ theme })}>
      <${Icon} name=${here.theme} />
    </button>
    <${WriteAs} />
  </header>`;
}

/** What is amiss with the connections, under the bar. */
export function Banner() {
  if (!store.connected) {
    return html`<div class="banner banner-bad" role="alert">${say("connectionLost")}</div>`;
  }
  if (!store.bot.connected) {
    return html`<div class="banner banner-warn" role="status">${say("botMissingNote")}</div>`;
  }
  return null;
}
