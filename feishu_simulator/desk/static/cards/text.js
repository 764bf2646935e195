// Texts of a card: plain or Markdown, in the reader's language, with size, colour and alignment.
import { html } from "../vendor/preact-htm.js";
import { classes } from "./classes.js";
import { colour } from "./colours.js";
import { useCard } from "./context.js";
import { Markdown } from "./markdown.js";
import { useTyped } from "./typewriter.js";

export const LOCALES = { zh: "zh_cn", en: "en_us" };
const SIZES = {
  "heading-0": 30, "heading-1": 24, "heading-2": 20, "heading-3": 18, "heading-4": 16, heading: 16,
  normal: 14, notation: 12, "xxxx-large": 30, "xxx-large": 24, "xx-large": 20, "x-large": 18, large: 16,
  medium: 14, small: 12, "x-small": 10,
};
const ALIGNMENTS = new Set(["left", "center", "right"]);

/** What `given` says in the reader's language: `i18n` holds its values by locale. */
export const inLanguage = (lang, i18n, given) => i18n?.[LOCALES[lang]] ?? given;

/** The words of a text object, or of a bare string. */
export function wordsOf(text, lang) {
  if (typeof text === "string") return text;
  const words = inLanguage(lang, text?.i18n_content ?? text?.i18n, text?.content);
  return typeof words === "string" ? words : "";
}

/** The style for text_size, text_align and text_color. */
export function textStyle(text, card) {
  const own = card.sizes[text?.text_size];
  const name = own?.pc ?? own?.default ?? text?.text_size;
  const size = Object.hasOwn(SIZES, name ?? "") ? SIZES[name] : undefined;
  return {
    fontSize: size && size !== 14 ? `${size}px` : undefined,
    textAlign: ALIGNMENTS.has(text?.text_align) ? text.text_align : undefined,
    color: colour(text?.text_color, card.colours),
  };
}

/** A text object: plain_text, lark_md or markdown; it grows like a typewriter while it streams. */
export function Text({ text, isWhole = false }) {
  const card = useCard();
  const words = wordsOf(text, card.lang);
  const { shown, isTyping } = useTyped(words, card);
  if (typeof text === "object" && text?.tag && text.tag !== "plain_text") {
    const isFull = isWhole && card.isV2;
    return html`<${Markdown}
      content=${shown} isFull=${isFull} isTyping=${isTyping} links=${text.href} style=${textStyle(text, card)}
    />`;
  }
  const lines = Number.isInteger(text?.lines) && text.lines > 0 ? text.lines : undefined;
  const style = { ...textStyle(text, card), WebkitLineClamp: lines };
  const name = classes("c-plain", lines && "c-plain-clamped", isTyping && "c-typing");
  return html`<div class=${name} style=${style}>${shown}</div>`;
}
