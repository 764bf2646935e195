// Writing in a chat; where the bot answers in a thread, the tab that wrote opens it.
import { act } from "../api.js";
import { go, here } from "../here.js";
import { store, watch } from "../store.js";

const wide = matchMedia("(min-width: 1000px)");
// What this tab has written and nobody has answered yet.
const awaited = new Map();

/** Say something; the fields of the action "say". */
export async function sayIn(fields) {
  const said = await act("say", fields);
  awaited.set(said.message_id, fields.chat_id);
  openAnswers();
  return said;
}

function openAnswers() {
  if (awaited.size === 0) return;
  for (const message of store.messages.values()) {
    if (message.sender !== null || !awaited.has(message.replied_to)) continue;
    const chat = awaited.get(message.replied_to);
    awaited.delete(message.replied_to);
    const free = here.side === "" || here.side === "thread";
    if (message.thread_id && chat === here.chat && free && wide.matches) {
      go({ side: "thread", thread: message.root_id });
    }
  }
}

watch(openAnswers);
