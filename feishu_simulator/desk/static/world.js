// The world as the simulator tells it, shared by all tabs. Nothing here is changed by the page.
import { useLayoutEffect, useState } from "./vendor/preact-htm.js";

export const world = {
  connected: false,
  bot: { name: "", open_id: "" },
  people: [],
  chats: [],
  menu: [],
  faults: {},
  read: {},
  calls: 0,
  messages: new Map(),
};

const watchers = new Set();
let due = false;

/** Call `watcher` after every change; returns what ends that. */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Resolves as soon as `test` is true of the world: what was just made arrives with the stream. */
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

/** A component that uses this is drawn anew after every change of the world. */
export function useWorld() {
  const [, draw] = useState(0);
  // At once after the first drawing, so that no change in between is missed.
  useLayoutEffect(() => watch(() => draw((count) => count + 1)), []);
  return world;
}

export const personOf = (openId) => world.people.find((person) => person.open_id === openId);
export const chatOf = (chatId) => world.chats.find((chat) => chat.chat_id === chatId);

/** The name a sender goes by; null is the bot. */
export const nameOf = (openId) =>
  openId === null || openId === world.bot.open_id ? world.bot.name : personOf(openId)?.name ?? openId;

/** Messages of a chat, oldest first. */
export function messagesIn(chatId) {
  return [...world.messages.values()]
    .filter((message) => message.chat_id === chatId)
    .sort((a, b) => a.created_ms - b.created_ms);
}

/** Take in what the live stream brought. */
export function take(news) {
  for (const message of news.messages ?? []) world.messages.set(message.message_id, message);
  const { messages, ...parts } = news;
  Object.assign(world, parts);
  changed();
}

/** The stream has begun anew: what is told next is everything. */
export function beginAnew() {
  world.messages = new Map();
}

export function setConnected(connected) {
  world.connected = connected;
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
