// Pictures, voice, video and files in messages.
import { fileUrl } from "../api.js";
import { toast } from "../toast.js";
import { html, useRef, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { sizeOf } from "./attachments.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icons.js";
import { lengthOf } from "./times.js";

export function Picture({ imageKey }) {
  const [large, setLarge] = useState(false);
  const [missing, setMissing] = useState(false);
  if (!imageKey || missing) {
    return html`<span class="photo-missing"><${Icon} name="image" />${say("pictureMissing")}</span>`;
  }
  const address = fileUrl(imageKey);
  return html`<button type="button" class="photo" aria-label=${say("enlarge")}
      onClick=${() => setLarge(true)}>
      <img src=${address} alt=${say("kindImage")} onError=${() => setMissing(true)} />
    </button>
    ${large && html`<${Dialog} title=${say("picture")} kind="lightbox" onClose=${() => setLarge(false)}>
      <img src=${address} alt="" />
    <//>`}`;
}

/** `file` is what the simulator knows of it: name and size. */
export function FileBox({ content, file, note }) {
  const name = content.file_name || file?.name || say("unnamed");
  const size = file ? ` · ${sizeOf(file.size)}` : "";
  return html`<a class="file-box" href=${fileUrl(content.file_key ?? "")} download=${name}>
    <span class="file-icon"><${Icon} name="file" /></span>
    <span class="file-text">
      <span class="file-name">${name}</span>
      <span class="file-note">${(note ?? say("fileNote")) + size}</span>
    </span>
  </a>`;
}

export function VideoFile({ content, file }) {
  const length = content.duration ? ` · ${lengthOf(content.duration)}` : "";
  return html`<div class="video">
    ${content.image_key && html`<${Picture} imageKey=${content.image_key} />`}
    <${FileBox} content=${content} file=${file} note=${say("videoNote") + length} />
  </div>`;
}

/** A voice message: play, how far, how long. */
export function Voice({ content }) {
  const sound = useRef(null);
  const [playing, setPlaying] = useState(false);
  const [share, setShare] = useState(0);
  const length = content.duration ?? 0;
  const unplayable = () => toast(say("voiceUnplayable"), "warning");
  const toggle = () => {
    if (playing) sound.current.pause();
    else sound.current.play().catch(unplayable);
  };
  const onTime = () => setShare(Math.min(1, (sound.current.currentTime * 1000) / (length || 1)));
  const onEnded = () => {
    setPlaying(false);
    setShare(0);
  };
  return html`<div class="voice">
    <button type="button" class="voice-button" onClick=${toggle}
      aria-label=${`${say(playing ? "pause" : "play")} ${lengthOf(length)}`}>
      <${Icon} name=${playing ? "pause" : "play"} />
    </button>
    <progress class="voice-bar" max="1" value=${share} aria-hidden="true" />
    <span class="voice-length">${lengthOf(length)}</span>
    <audio ref=${sound} src=${fileUrl(content.file_key ?? "")} preload="none" onPlay=${() => setPlaying(true)}
      onPause=${() => setPlaying(false)} onEnded=${onEnded} onTimeUpdate=${onTime} />
  </div>`;
}
