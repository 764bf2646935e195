// What stands in each composer and was not sent yet, kept while the tab is open.
import { useState } from "../vendor/preact-htm.js";
import { store } from "../store.js";

const drafts = new Map();

/** In groups the bot is mentioned from the start: it hears nothing else unless it may hear all. */
const fresh = (chat, withBot) => ({
  text: "",
  files: [],
  mentions: chat.mode === "p2p" || !withBot ? [] : [store.bot.open_id],
});

/** {draft, change(part), clear(), restore(draft)}; whoever took the bot out of the mentions finds it left out. */
export function useDraft(key, chat) {
  const [, draw] = useState(0);
  if (!drafts.has(key)) drafts.set(key, fresh(chat, true));
  const change = (part) => {
    drafts.set(key, { ...drafts.get(key), ...part });
    draw((count) => count + 1);
  };
  const clear = () => change(fresh(chat, drafts.get(key).mentions.includes(store.bot.open_id)));
  // What was refused comes back in front of what has been written since.
  const restore = ({ text, mentions }) => {
    const texts = [text, drafts.get(key).text].filter(Boolean);
    change({ text: texts.join("\n"), mentions });
  };
  return { draft: drafts.get(key), change, clear, restore };
}
