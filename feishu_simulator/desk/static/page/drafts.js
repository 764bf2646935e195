// What stands in each composer and was not sent yet, kept while the tab is open.
import { useState } from "../vendor/preact-htm.js";

const drafts = new Map();
const EMPTY = { text: "", files: [], mentions: [] };

/** {draft, change(part), clear(), restore(draft)}. Nobody is mentioned from the start, as in Feishu. */
export function useDraft(key) {
  const [, draw] = useState(0);
  const change = (part) => {
    drafts.set(key, { ...(drafts.get(key) ?? EMPTY), ...part });
    draw((count) => count + 1);
  };
  const clear = () => change(EMPTY);
  // What was refused comes back in front of what has been written since.
  const restore = ({ text, mentions }) => {
    const texts = [text, drafts.get(key)?.text].filter(Boolean);
    change({ text: texts.join("\n"), mentions });
  };
  return { draft: drafts.get(key) ?? EMPTY, change, clear, restore };
}
