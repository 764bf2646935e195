// Recording a voice message; without a microphone a sound file is chosen instead.
import { toast } from "../toast.js";
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { durationOf } from "./attachments.js";
import { Icon } from "./icons.js";
import { lengthOf } from "./times.js";

// What the browser can record and the page plays again.
const KINDS = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

async function openMicrophone() {
  if (!window.MediaRecorder || !navigator.mediaDevices) return null;
  return navigator.mediaDevices.getUserMedia({ audio: true }).catch(() => null);
}

/** onVoice(blob, name, duration in ms). */
export function VoiceButton({ onVoice }) {
  const [startedAt, setStartedAt] = useState(0);
  const [, tick] = useState(0);
  const recorder = useRef(null);
  const chooser = useRef(null);

  useEffect(() => {
    if (!startedAt) return undefined;
    const timer = setInterval(() => tick((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [startedAt]);
  useEffect(() => () => recorder.current?.stream.getTracks().forEach((track) => track.stop()), []);

  const start = async () => {
    const stream = await openMicrophone();
    if (!stream) {
      toast(say("noMicrophone"));
      chooser.current.click();
      return;
    }
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const recording = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    const pieces = [];
    const began = Date.now();
    recording.ondataavailable = (event) => pieces.push(event.data);
    recording.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      setStartedAt(0);
      const type = recording.mimeType.split(";")[0];
      onVoice(new Blob(pieces, { type }), `voice.${type.split("/")[1]}`, Date.now() - began);
    };
    recorder.current = recording;
    recording.start();
    setStartedAt(began);
  };
  const choose = async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) onVoice(file, file.name, await durationOf(file));
  };
  const label = say(startedAt ? "sendVoice" : "recordVoice");
  return html`<input ref=${chooser} type="file" accept="audio/*" hidden onChange=${choose} />
    <button type="button" class=${startedAt ? "round-button recording" : "round-button"} title=${label}
      aria-label=${label} onClick=${() => (startedAt ? recorder.current.stop() : start())}>
      <${Icon} name=${startedAt ? "stop" : "voice"} />
      ${startedAt > 0 && html`<span>${lengthOf(Date.now() - startedAt)}</span>`}
    </button>`;
}
