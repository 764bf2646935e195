// What Feishu's tags in Markdown look like.
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { here } from "../here.js";
import { Audio } from "./audio.js";
import { colour, hueOr } from "./colours.js";
import { Icon } from "./icons.js";
import { link } from "./markdown-view.js";
import { At, PersonMark } from "./people.js";
import { localTime } from "./local-time.js";

/** The element for a tag: its name, attributes, and the text or elements inside. */
export function tagView({ name, attrs, text = "", inside }) {
  switch (name) {
    case "br":
      return html`<br />`;
    case "hr":
      return html`<span class="c-rule" role="separator"></span>`;
    case "raw":
      return text;
    case "at":
      return atView(attrs);
    case "person":
      return html`<${PersonMark}
        id=${attrs.id} showName=${attrs.show_name !== "false"} showAvatar=${attrs.show_avatar !== "false"}
        isCapsule=${attrs.style === "capsule"}
      />`;
    case "text_tag":
      return html`<span class=${`c-tag c-hue-${hueOr(attrs.color, "neutral")}`}>${text}</span>`;
    case "number_tag":
      return numberView(attrs, text);
    case "local_datetime":
      return timeView(attrs);
    case "audio":
      return html`<${Audio} part=${{ ...attrs, show_time: attrs.show_time === "true" }} />`;
    case "link":
      return link(attrs.pc_url || attrs.url || "", [
        attrs.icon && html`<${Icon} token=${attrs.icon} />`,
        inside,
      ]);
    default:
      return link(attrs.href ?? "", inside?.length ? inside : attrs.href);
  }
}

function atView(attrs) {
  if (attrs.email) return html`<${At} name=${attrs.email} />`;
  const ids = (attrs.id ?? attrs.ids ?? "").split(",").filter(Boolean);
  return ids.map((id, index) => [
    index > 0 && " ",
    id === "all" ? html`<${At} name=${say("card_everyone")} isMe=${true} />` : html`<${At} id=${id} />`,
  ]);
}

function numberView(attrs, text) {
  const number = Number.parseInt(text, 10);
  if (!(number >= 0 && number <= 99)) return text;
  const style = { background: colour(attrs.background_color), color: colour(attrs.font_color) };
  const mark = html`<span class="c-number" style=${style}>${number}</span>`;
  const address = attrs.pc_url || attrs.url;
  return address ? link(address, mark) : mark;
}

function timeView(attrs) {
  const shown = localTime(Number(attrs.millisecond) || Date.now(), attrs.format_type, here.lang);
  return attrs.link ? link(attrs.link, shown) : html`<span>${shown}</span>`;
}
