// What this tab looks at: who writes, which chat, thread and message are open, language, theme.
import { useLayoutEffect, useState } from "./vendor/preact-htm.js";

const KEPT = ["person", "chat", "lang", "theme"];

function stored() {
  try {
    return JSON.parse(localStorage.getItem("desk") ?? "{}");
  } catch {
    return {};
  }
}

export const here = {
  person: "",
  chat: "",
  // The message that opened the thread in the side panel.
  thread: "",
  // The message in the inspector.
  inspected: "",
  // The message that the composer replies to, and which composer: "main" or "thread".
  replyTo: "",
  replyPlace: "main",
  // What a narrow screen shows while no panel is open: "chat" or "list".
  place: "chat",
  // "inspector", "faults" or "thread": what the side panel shows; "" is none.
  side: "",
  lang: navigator.language.startsWith("zh") ? "zh" : "en",
  theme: "auto",
  ...stored(),
  // An address with a chat in it opens that chat.
  ...(location.hash.length > 1 ? { chat: location.hash.slice(1) } : {}),
};

const watchers = new Set();

/** Look at something else: go({chat}), go({side: "faults"}) … */
export function go(change) {
  Object.assign(here, change);
  const kept = Object.fromEntries(KEPT.map((name) => [name, here[name]]));
  try {
    localStorage.setItem("desk", JSON.stringify(kept));
  } catch {
    // Without storage the tab forgets on reload, nothing more.
  }
  if (here.chat) history.replaceState(null, "", `#${here.chat}`);
  dress();
  for (const watcher of [...watchers]) watcher();
}

/** A component that uses this is drawn again when the tab looks at something else. */
export function useHere() {
  const [, draw] = useState(0);
  // At once after the first drawing, so that no change in between is missed.
  useLayoutEffect(() => {
    const watcher = () => draw((count) => count + 1);
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, []);
  return here;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", dress);

function dress() {
  const theme = here.theme === "auto" ? (dark.matches ? "dark" : "light") : here.theme;
  document.documentElement.dataset.theme = theme;
  document.documentElement.lang = here.lang === "zh" ? "zh-CN" : "en";
}

dress();
addEventListener("hashchange", () => go({ chat: location.hash.slice(1), side: "", replyTo: "" }));
