// The simulator's state as its event stream reports it, the same in all tabs. The page changes nothing here.
import { useLayoutEffect, useState } from "./vendor/preact-htm.js";

export const store = {
  connected: false,
  bot: { name: "", open_id: "" },
  people: [],
  chats: [],
  menu: [],
  faults: {},
  read: {},
  calls: 0,
  exchanges: 0,
  scene: 0,
  messages: new Map(),
};

const watchers = new Set();
let due = false;

/** Call `watcher` after every change; returns what ends that. */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Resolves once `test` is true: what was just created arrives with the stream. */
export function until(test) {
  return new Promise((resolve) => {
    const look = () => {
      if (!test()) return;
      stop();
      resolve();
    };
    const stop = watch(look);
    look();
  });
}

/** A component that uses this is drawn again after every change of the store. */
export function useStore() {
  const [, draw] = useState(0);
  // At once after the first drawing, so that no change in between is missed.
  useLayoutEffect(() => watch(() => draw((count) => count + 1)), []);
  return store;
}

export const personOf = (openId) => store.people.find((person) => person.open_id === openId);
export const chatOf = (chatId) => store.chats.find((chat) => chat.chat_id === chatId);

/** The name a sender goes by; null is the bot. */
export const nameOf = (openId) =>
  openId === null || openId === store.bot.open_id ? store.bot.name : personOf(openId)?.name ?? openId;

/** Messages of a chat, oldest first. */
export function messagesIn(chatId) {
  return [...store.messages.values()]
    .filter((message) => message.chat_id === chatId)
    .sort((a, b) => a.created_ms - b.created_ms);
}

/** Take in what the live stream brought. */
export function take(news) {
  // Another scene: the messages in this piece of news are all there are.
  if (news.scene !== undefined) store.messages = new Map();
  for (const message of news.messages ?? []) store.messages.set(message.message_id, message);
  const { messages, ...parts } = news;
  Object.assign(store, parts);
  changed();
}

/** The stream has restarted: the next event has everything. */
export function reset() {
  store.messages = new Map();
}

export function setConnected(connected) {
  store.connected = connected;
  changed();
}

function changed() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    for (const watcher of [...watchers]) watcher();
  });
}
