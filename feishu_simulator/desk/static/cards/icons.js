// Icons by the tokens of Feishu's library; drawings of our own, and a neutral mark for the rest.
import { html } from "../vendor/preact-htm.js";
import { fileUrl } from "../api.js";
import { classes } from "./classes.js";
import { colour } from "./colours.js";
import { useCard } from "./context.js";

// Paths in a square of 24; lines, or areas for what ends in "_filled".
const PATHS = {
  add: "M12 5v14M5 12h14",
  alarm: "M12 8v5l3 2M5 3 2 6M19 3l3 3M12 5a8 8 0 1 0 0 16 8 8 0 0 0 0-16z",
  app: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
  bell: "M6 16V10a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
  bot: "M5 9h14v10H5zM12 9V5M9 13v2M15 13v2M2 13v3M22 13v3",
  calendar: "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
  chart: "M4 4v16h16M8 16v-5M12 16V8M16 16v-3",
  chat: "M4 5h16v11H10l-4 4v-4H4z",
  check: "m5 12 5 5 9-10",
  close: "m6 6 12 12M18 6 6 18",
  code: "m8 7-5 5 5 5M16 7l5 5-5 5M14 5l-4 14",
  copy: "M8 8h12v12H8zM16 8V4H4v12h4",
  delete: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  down: "m6 9 6 6 6-6",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  file: "M6 3h8l4 4v14H6zM14 3v5h4",
  folder: "M3 6h7l2 2h9v11H3z",
  forward: "m13 5 7 7-7 7M20 12H4",
  group: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2 20c0-4 3-6 7-6s7 2 7 6M16 4.5a3.5 3.5 0 0 1 0 6.5" +
    "M18 14.5c2.5.8 4 2.7 4 5.5",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.5v.5",
  left: "m15 6-6 6 6 6",
  link: "M10 14a4 4 0 0 0 6 0l4-4a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-4 4a4 4 0 0 0 6 6l1-1",
  location: "M12 21s7-6 7-11a7 7 0 0 0-14 0c0 5 7 11 7 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  lock: "M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4",
  mail: "M3 6h18v13H3zM3 7l9 7 9-7",
  maybe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5c.3-3.5 5.5-3 5 0-.3 1.5-2.5 2-2.5 4M12 16.5v.5",
  member: "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-5 3.5-7 8-7s8 2 8 7",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  pause: "M8 5v14M16 5v14",
  play: "M7 4v16l13-8z",
  refresh: "M20 12a8 8 0 1 1-2.5-5.800M20 3v4h-4",
  right: "m9 6 6 6-6 6",
  robot: "M5 9h14v10H5zM12 9V5M9 13v2M15 13v2M2 13v3M22 13v3",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  send: "m4 4 17 8-17 8 3-8zM7 12h7",
  setting: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z" +
    "M12 2v4M12 18v4M2 12h4M18 12h4M5 5l3 3M16 16l3 3M19 5l-3 3M8 16l-3 3",
  sound: "M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
  star: "m12 3 2.7 5.8 6.3.8-4.6 4.4 1.2 6.3L12 17.2l-5.6 3.1 1.2-6.3L3 9.6l6.3-.8z",
  stop: "M6 6h12v12H6z",
  tab: "M4 5h16v14H4zM4 9h16",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
  thumbsup: "M7 11v9H3v-9zM7 11l4-8c2 0 3 1 2.5 3.5L13 9h7l-2 11H7",
  time: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2",
  todo: "M4 4h16v16H4zM8 12l3 3 5-6",
  up: "m6 15 6-6 6 6",
  video: "M3 6h12v12H3zM15 10l6-3v10l-6-3z",
  warning: "M12 3 2 20h20zM12 10v5M12 17.5v.5",
  yes: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12l3 3 5-6",
};
const NEUTRAL = "M12 5l7 7-7 7-7-7z";
const FAMILIES = /_(?:outlined|filled|colorful)$/;

/** The longest of our names that the token begins with: chat-forbidden_outlined is a chat. */
function pathOf(token) {
  const words = token.replace(FAMILIES, "").split("-");
  for (let length = words.length; length; length -= 1) {
    const name = words.slice(0, length).join("-");
    if (Object.hasOwn(PATHS, name)) return PATHS[name];
  }
  return NEUTRAL;
}

/** A drawing for a token; for decoration, so it has no name of its own. */
export function Icon({ token, size = 16, color }) {
  const known = String(token ?? "");
  return html`<svg
    class=${classes("c-icon", known.endsWith("_filled") && "c-icon-filled")} style=${{ color }}
    data-token=${known} width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true"
  ><path d=${pathOf(known)} /></svg>`;
}

/** An icon object of a component: standard_icon or custom_icon. */
export function PartIcon({ icon, size = 16 }) {
  const card = useCard();
  const [width] = String(icon?.size ?? "").split(/\s+/);
  const wanted = Number.parseInt(width, 10);
  const side = wanted > 0 && wanted < 100 ? wanted : size;
  if (icon?.img_key && icon.tag !== "standard_icon") {
    const src = fileUrl(icon.img_key);
    return html`<img class="c-icon c-icon-image" src=${src} alt="" width=${side} height=${side} />`;
  }
  const shade = colour(icon?.color ?? icon?.style?.color, card.colours);
  return html`<${Icon} token=${icon?.token} size=${side} color=${shade} />`;
}

export const StandardIcon = ({ part }) => html`<${PartIcon} icon=${part} />`;
export const CustomIcon = ({ part }) => html`<${PartIcon} icon=${part} />`;
