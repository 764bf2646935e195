// Which messages stand in the chat itself and which in its threads.
import { store } from "../store.js";

/** The message that opened the thread in which `message` is an answer, or null. */
export function rootOf(message) {
  if (!message.thread_id || !message.root_id) return null;
  const root = store.messages.get(message.root_id);
  return root?.thread_id === message.thread_id ? root : null;
}

/** {main: messages of the chat itself, replies: answers in threads, by the root's id}. */
export function arrange(messages) {
  const main = [];
  const replies = new Map();
  for (const message of messages) {
    const root = rootOf(message);
    if (!root) main.push(message);
    else if (replies.has(root.message_id)) replies.get(root.message_id).push(message);
    else replies.set(root.message_id, [message]);
  }
  return { main, replies };
}
