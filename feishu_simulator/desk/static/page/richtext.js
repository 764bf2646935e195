// Text of messages as elements: mentions by their keys, links, and the few styles a bot may send.
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf, store } from "../store.js";

const LINK = /https?:\/\/[^\s<>"'，。；：！？（）【】《》]+/g;
const TRAILING = /[.,;:!?)\]}]+$/;
const TAGS = /<at user_id="?([^">]*)"?>([^<]*)<\/at>|<(\/?)([bius])>/g;
const STYLES = { b: "bold", i: "italic", u: "underline", s: "lineThrough" };

/** The address if it may be opened from here, else "". */
export function safeHref(address) {
  return /^(https?:|mailto:)/i.test(String(address ?? "").trim()) ? String(address).trim() : "";
}

export function Link({ href, children }) {
  return html`<a href=${href} target="_blank" rel="noopener noreferrer">${children}</a>`;
}

export function Mention({ openId, name }) {
  const kind = openId === store.bot.open_id ? "mention mention-bot" : "mention";
  return html`<span class=${kind}>@${name}</span>`;
}

/** Text with its addresses as links. */
export function linked(text) {
  const parts = [];
  let done = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(TRAILING, "");
    parts.push(text.slice(done, found.index), html`<${Link} href=${address}>${address}<//>`);
    done = found.index + address.length;
  }
  return [...parts, text.slice(done)];
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Text in which each placeholder (@_user_1, @_all) shows whom it stands for. */
export function withMentions(text, mentions) {
  const byKey = new Map(mentions.map((mention) => [mention.key, mention]));
  byKey.set("@_all", { open_id: "all", name: say("everyone") });
  const keys = new RegExp(`(?:${[...byKey.keys()].map(escaped).join("|")})(?!\\d)`, "g");
  const parts = [];
  let done = 0;
  for (const found of text.matchAll(keys)) {
    const { open_id: openId, name } = byKey.get(found[0]);
    parts.push(...linked(text.slice(done, found.index)));
    parts.push(html`<${Mention} openId=${openId} name=${name} />`);
    done = found.index + found[0].length;
  }
  return [...parts, ...linked(text.slice(done))];
}

const unescaped = (text) =>
  text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");

/** Text as an app sends it: <at>, <b>, <i>, <u>, <s>, the rest escaped ("Send message content"). */
export function styled(text) {
  const parts = [];
  const styles = new Set();
  let done = 0;
  const plain = (end) => {
    const piece = linked(unescaped(text.slice(done, end)));
    parts.push(styles.size ? html`<span class=${[...styles].join(" ")}>${piece}</span>` : piece);
  };
  for (const found of text.matchAll(TAGS)) {
    const [whole, openId, name, closing, letter] = found;
    plain(found.index);
    if (letter) styles[closing ? "delete" : "add"](STYLES[letter]);
    else parts.push(html`<${Mention} openId=${openId} name=${atName(openId, name)} />`);
    done = found.index + whole.length;
  }
  plain(text.length);
  return parts;
}

/** The name behind an open_id in a mention. */
export const atName = (openId, name) =>
  openId === "all" || openId === "@_all" ? say("everyone") : name || nameOf(openId);
