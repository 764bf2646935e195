// Line drawings for buttons, each 20 by 20, in the colour of the text around them.
import { html } from "../vendor/preact-htm.js";

const LINES = {
  reply: "M8 5 3.5 9.5 8 14M4 9.5h7.5a5 5 0 0 1 5 5V16",
  thread: "M4 4h12v9H9.5L6 16v-3H4zM7 7.2h6M7 9.8h4",
  react: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14M7 11.5c.7 1.4 1.8 2 3 2s2.3-.6 3-2M7.7 8v.4M12.3 8v.4",
  forward: "M12 5 16.5 9.5 12 14M16 9.5H8.5a5 5 0 0 0-5 5V16",
  copy: "M7 7V4h9v9h-3M4 7h9v9H4z",
  recall: "M7 4 3.5 7.5 7 11M4 7.5h7.5a4.5 4.5 0 1 1 0 9H7",
  edit: "M4 16l.8-3.6L13 4.2l2.8 2.8-8.2 8.2zM11.5 5.7l2.8 2.8",
  inspect: "M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12M13.5 13.5 17 17",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12.5 4 6.5 10l6 6",
  down: "M10 4v11M5 10.5l5 5 5-5",
  open: "M6 8l4 4 4-4",
  plus: "M10 4v12M4 10h12",
  send: "M3.5 10 16.5 4l-4 13-3-5.5zM9.5 11.5l7-7.5",
  clip: "M15.5 9.5 10 15a3.5 3.5 0 0 1-5-5l6-6a2.3 2.3 0 0 1 3.3 3.3l-6 6a1.2 1.2 0 0 1-1.7-1.7L12 6.3",
  voice:
    "M10 3a2.2 2.2 0 0 0-2.2 2.2v4.3a2.2 2.2 0 0 0 4.4 0V5.2A2.2 2.2 0 0 0 10 3" +
    "M5 9.5a5 5 0 0 0 10 0M10 14.5V17",
  stop: "M6 6h8v8H6z",
  mention: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0v1.2a1.9 1.9 0 0 0 3.8 0V10A6.8 6.8 0 1 0 14 15.5",
  faults: "M10 3.2 17.5 16.5h-15zM10 8v4M10 14.2v.2",
  people:
    "M8 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2.5 16.5c0-2.8 2.4-4.5 5.5-4.5s5.5 1.7 5.5 4.5" +
    "M13 4.2a3 3 0 0 1 0 5.6M15.2 12.4c1.5.7 2.3 2.1 2.3 4.1",
  group: "M4 4h12v9H9.5L6 16v-3H4z",
  topic: "M7.5 3.5 6 16.5M14 3.5l-1.5 13M3.5 7.5h13M3.5 12.5h13",
  bot: "M4.5 8h11v8h-11zM10 8V4.5M10 4.5v-.3M7.8 11.5v.8M12.2 11.5v.8M2.5 11v2.5M17.5 11v2.5",
  light:
    "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5" +
    "M4.7 4.7l1 1M14.3 14.3l1 1M15.3 4.7l-1 1M5.7 14.3l-1 1",
  dark: "M16 11.8A6.5 6.5 0 0 1 8.2 4 6.5 6.5 0 1 0 16 11.8z",
  auto: "M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3",
  check: "M4.5 10.5 8.5 14.5 15.5 6.5",
  wait: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14M10 6v4l2.5 2",
  away: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14M5.2 5.2l9.6 9.6",
  again: "M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4",
  scene: "M4 5.5h5l1.5 2H16v9H4zM4 5.5v11",
  file: "M5 3h7l3.5 3.5V17H5zM12 3v3.5h3.5",
  play: "M7 5l8 5-8 5z",
  pause: "M7.5 5v10M12.5 5v10",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  image: "M3.5 4.5h13v11h-13zM3.5 13l4-4 3 3 2-2 4 3.5M12.5 7.5v.2",
};

export function Icon({ name }) {
  return html`<svg class="glyph" viewBox="0 0 20 20" aria-hidden="true"><path d=${LINES[name]} /></svg>`;
}
