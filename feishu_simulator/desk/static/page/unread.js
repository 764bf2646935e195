// What a person has not read yet, and telling the simulator what has been.
import { act } from "../api.js";
import { store } from "../store.js";

/** How many messages by others are newer than what the person has read of the chat. */
export function unreadIn(messages, person, chatId) {
  const read = store.read[person]?.[chatId] ?? 0;
  let count = 0;
  for (let at = messages.length - 1; at >= 0 && messages[at].created_ms > read; at--) {
    if (messages[at].sender !== person && !messages[at].deleted) count += 1;
  }
  return count;
}

const telling = new Set();

/** Mark everything in the chat as read, once at a time. */
export async function markRead(person, chatId) {
  const key = `${person} ${chatId}`;
  if (telling.has(key)) return;
  telling.add(key);
  try {
    await act("read", { person, chat_id: chatId });
  } catch {
    // The badge stays; the next message tries again.
  } finally {
    telling.delete(key);
  }
}
