// Moments and lengths of time in the reader's language.
import { here } from "../here.js";
import { say } from "../words.js";

const DAY = 86_400_000;
const formats = new Map();

function format(name, options) {
  const locale = here.lang === "zh" ? "zh-CN" : "en-GB";
  const key = `${locale} ${name}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key);
}

const startOfDay = (ms) => new Date(ms).setHours(0, 0, 0, 0);

/** 14:05 */
export const clockOf = (ms) => format("clock", { hour: "2-digit", minute: "2-digit" }).format(ms);

/** The day as a heading: today, yesterday, or its date. */
export function dayOf(ms) {
  const days = Math.round((startOfDay(Date.now()) - startOfDay(ms)) / DAY);
  if (days === 0) return say("today");
  if (days === 1) return say("yesterday");
  return format("day", { month: "long", day: "numeric", weekday: "short" }).format(ms);
}

/** Short, for the list of chats: the time today, else the day. */
export function shortOf(ms) {
  if (startOfDay(ms) === startOfDay(Date.now())) return clockOf(ms);
  return format("short", { month: "numeric", day: "numeric" }).format(ms);
}

export const isSameDay = (a, b) => startOfDay(a) === startOfDay(b);

/** 1:05 */
export function lengthOf(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
