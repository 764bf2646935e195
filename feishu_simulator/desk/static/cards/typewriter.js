// Text that is typed on while a card streams ("Streaming updates").
import { useEffect, useRef, useState } from "../vendor/preact-htm.js";

const CARET_MS = 700;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** How fast config.streaming_config wants it: {frequency, step, isDelayed}. */
export function paceOf(config) {
  const number = (given, least, otherwise) => {
    const value = Number(given?.pc ?? given?.default ?? otherwise);
    return value >= least ? value : otherwise;
  };
  return {
    frequency: number(config?.print_frequency_ms, 1, 70),
    step: number(config?.print_step, 1, 1),
    isDelayed: config?.print_strategy === "delay",
  };
}

/** What of `text` stands there now: what is added to the end is typed, anything else shown at once. */
export function useTyped(text, { streaming, pace }) {
  const [, draw] = useState(0);
  const state = useRef(null);
  state.current ??= { text, length: text.length, last: 0, changed: -Infinity };
  const typed = state.current;
  if (text !== typed.text) {
    const now = performance.now();
    const grows = streaming && !still.matches && text.startsWith(typed.text);
    const isWaiting = typed.length < typed.text.length;
    if (!grows) typed.length = text.length;
    else if (!pace.isDelayed) typed.length = typed.text.length;
    if (!isWaiting || !pace.isDelayed) typed.last = now;
    Object.assign(typed, { text, changed: streaming ? now : -Infinity });
  }
  if (!streaming) typed.length = text.length;
  const isGrowing = streaming && performance.now() - typed.changed < CARET_MS;

  useEffect(() => {
    if (!isGrowing && typed.length >= text.length) return undefined;
    let frame = requestAnimationFrame(function step(now) {
      const due = Math.floor((now - typed.last) / pace.frequency);
      if (typed.length < text.length && due > 0) {
        typed.last += due * pace.frequency;
        typed.length = Math.min(text.length, typed.length + due * pace.step);
        draw((count) => count + 1);
      }
      if (typed.length < text.length) {
        frame = requestAnimationFrame(step);
      } else if (now - typed.changed < CARET_MS) {
        frame = requestAnimationFrame(step);
      } else {
        draw((count) => count + 1);
      }
    });
    return () => cancelAnimationFrame(frame);
  }, [text, streaming, pace]);

  const isTyping = isGrowing || typed.length < text.length;
  return { shown: text.slice(0, whole(text, typed.length)), isTyping };
}

/** Never half a character that takes two places. */
function whole(text, length) {
  const code = text.charCodeAt(length - 1);
  return code >= 0xd800 && code < 0xdc00 ? length + 1 : length;
}
