// Reactions: Feishu names them by emoji_type ("Emoji introduction").
import { emojiOf } from "../cards/emoji.js";

/** The ones offered to choose from. */
export const OFFERED = [
  "THUMBSUP", "OK", "HEART", "DONE", "SMILE", "LAUGH", "APPLAUSE", "THANKS",
  "MUSCLE", "PARTY", "Fire", "WAVE", "THINKING", "GLANCE", "ThumbsDown", "CrossMark",
];

/** A sign, or the name itself where none is known. */
export const signOf = (emoji) => emojiOf(emoji) || `[${emoji}]`;
