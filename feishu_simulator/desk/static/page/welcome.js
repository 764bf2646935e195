// What stands in an empty chat: who answers here, and three things to begin with.
import { here } from "../here.js";
import { trying } from "../toast.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { store } from "../store.js";
import { ChatAvatar } from "./avatar.js";
import { sayIn } from "./saying.js";

export function Welcome({ chat }) {
  const mentions = chat.mode === "p2p" ? [] : [store.bot.open_id];
  const begin = (text) => trying(sayIn({ chat_id: chat.chat_id, person: here.person, text, mentions }));
  const hint = { p2p: "welcomePrivate", group: "welcomeGroup", topic: "welcomeTopic" }[chat.mode];
  return html`<div class="welcome">
    <${ChatAvatar} chat=${chat} />
    <h2>${chat.mode === "p2p" ? say("welcomeTitle", { name: store.bot.name }) : chat.name}</h2>
    <p>${say(hint, { name: store.bot.name })}</p>
    <div class="suggestions">
      ${["suggestion1", "suggestion2", "suggestion3"].map((key) => html`<button type="button" key=${key}
        class="suggestion" onClick=${() => begin(say(key))}>${say(key)}</button>`)}
    </div>
    <p class="welcome-note">${say("welcomeInspector")}</p>
  </div>`;
}
