// Recordings: a button that plays, and how far it is.
import { html, useRef, useState } from "../vendor/preact-htm.js";
import { fileUrl } from "../api.js";
import { say } from "../words.js";
import { background, colour } from "./colours.js";
import { useCard } from "./context.js";
import { Icon } from "./icons.js";
import { lengths } from "./measures.js";

const clock = (seconds) => {
  const whole = Math.round(Number.isFinite(seconds) ? seconds : 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

export function Audio({ part }) {
  const card = useCard();
  const audio = useRef(null);
  const [state, set] = useState({ isPlaying: false, at: 0, length: 0, failed: false });
  const update = (failed = false) => {
    const { paused, currentTime, duration } = audio.current;
    set({ isPlaying: !paused, at: currentTime, length: duration, failed });
  };
  const toggle = () => {
    if (state.isPlaying) audio.current.pause();
    else audio.current.play().catch(() => update(true));
  };
  const style = {
    background: background(part.background_color, card.colours),
    color: colour(part.fill_color, card.colours),
    width: lengths(part.width),
  };
  const still = part.style === "speak" ? "sound_outlined" : "play_filled";
  const label = say(state.failed ? "card_no_audio" : state.isPlaying ? "card_pause" : "card_play");
  return html`<span class=${`c-audio${state.failed ? " c-audio-missing" : ""}`} style=${style}>
    <button
      type="button" class="c-icon-button" aria-label=${label} title=${label} disabled=${state.failed}
      onClick=${toggle}
    ><${Icon} token=${state.isPlaying ? "pause_filled" : still} /></button>
    <progress max="1" value=${state.length > 0 ? state.at / state.length : 0} aria-hidden="true"></progress>
    ${part.show_time && html`<span>${clock(state.isPlaying ? state.at : state.length)}</span>`}
    <audio
      ref=${audio} preload="metadata" src=${fileUrl(part.file_key ?? "")}
      onPlay=${() => update()} onPause=${() => update()}
      onTimeUpdate=${() => update()} onLoadedMetadata=${() => update()} onError=${() => update(true)}
    ></audio>
  </span>`;
}
