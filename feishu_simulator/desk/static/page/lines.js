// A message in one line, as the list of chats, quotes and threads show it.
import { say } from "../words.js";
import { nameOf } from "../store.js";

const KINDS = {
  image: "kindImage",
  audio: "kindAudio",
  media: "kindVideo",
  sticker: "kindSticker",
  file: "kindFile",
  folder: "kindFile",
  interactive: "kindCard",
  share_chat: "kindShareChat",
  share_user: "kindShareUser",
  merge_forward: "kindForwarded",
  location: "kindLocation",
  todo: "kindTask",
  vote: "kindVote",
  system: "kindSystem",
  hongbao: "kindRedPacket",
  video_chat: "kindMeeting",
  calendar: "kindCalendar",
  share_calendar_event: "kindCalendar",
  general_calendar: "kindCalendar",
};
const MOST = 160;
// How much of a card is looked at for that.
const READ = 1000;

/** The name of a kind of message, in brackets. */
export const kindOf = (type) => (KINDS[type] ? say(KINDS[type]) : say("kindUnknown", { type }));

/** Who took the message back, or what it says in one line. */
export function lineOf(message) {
  if (message.deleted) return say("recalledBy", { name: nameOf(message.sender) });
  return firstLine(textOf(message)) || kindOf(message.type);
}

function textOf(message) {
  if (message.card) return message.summary || message.title || withoutMarks(message.text.slice(0, READ));
  if (message.type === "text") return message.text.replaceAll("@_all", `@${say("everyone")}`);
  if (message.type === "post") return message.text;
  const name = message.content.file_name;
  return name ? `${kindOf(message.type)} ${name}` : kindOf(message.type);
}

/** Markdown as one reads it: without its marks. */
const withoutMarks = (text) =>
  text
    .replace(/^ *(```|~~~).*$/gm, "")
    .replace(/^ *(?:#{1,6}|[-*+]|>) +/gm, "")
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, "$1")
    .replace(/<\/?(?:font|text_tag|number_tag|raw|link|at)\b[^>\n]*>/g, "")
    .replace(/\*\*|~~|`/g, "");

const firstLine = (text) => text.replace(/\s+/g, " ").trim().slice(0, MOST);
