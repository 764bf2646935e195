// The page's texts. Each area keeps its own in words/, in Chinese and English, under the same keys.
import { here } from "./here.js";
import { cards } from "./words/cards.js";
import { inspector } from "./words/inspector.js";
import { page } from "./words/page.js";

export const all = {
  zh: { ...page.zh, ...cards.zh, ...inspector.zh },
  en: { ...page.en, ...cards.en, ...inspector.en },
};

/** The text for `key` in the reader's language, {names} replaced by `values`. */
export function say(key, values = {}) {
  const text = all[here.lang][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
