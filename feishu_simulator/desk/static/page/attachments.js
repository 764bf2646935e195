// Files that go out with the next message: chosen, dropped or pasted.
import { toast } from "../toast.js";
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Icon } from "./icons.js";

const MOST_BYTES = 30 * 1024 * 1024;
const UNITS = ["B", "KB", "MB"];

/** 3.4 MB */
export function sizeOf(bytes) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power ? value.toFixed(1) : value} ${UNITS[power]}`;
}

/** Those that may be sent; the others are named to the person. */
export function acceptable(files) {
  return [...files].filter((file) => {
    if (file.size === 0) toast(say("fileEmpty", { name: file.name }), "warning");
    else if (file.size > MOST_BYTES) toast(say("fileTooLarge", { name: file.name }), "warning");
    else return true;
    return false;
  });
}

/** How long a sound lasts, in ms; 1000 where the browser can't tell. */
export function durationOf(blob) {
  return new Promise((resolve) => {
    const sound = new Audio();
    const address = URL.createObjectURL(blob);
    const done = () => {
      URL.revokeObjectURL(address);
      resolve(Number.isFinite(sound.duration) ? Math.max(1, Math.round(sound.duration * 1000)) : 1000);
    };
    sound.onloadedmetadata = sound.onerror = done;
    sound.src = address;
  });
}

function Preview({ file }) {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return address && html`<img src=${address} alt="" />`;
}

export function Attachments({ files, onRemove }) {
  if (files.length === 0) return null;
  return html`<ul class="attachments" aria-label=${say("attachments")}>
    ${files.map((file, at) => html`<li key=${`${at} ${file.name}`}>
      ${file.type.startsWith("image/") ? html`<${Preview} file=${file} />` : html`<${Icon} name="file" />`}
      <span class="attachment-name">${file.name}</span>
      <span class="attachment-size">${sizeOf(file.size)}</span>
      <button type="button" class="round-button" aria-label=${say("removeFile", { name: file.name })}
        onClick=${() => onRemove(file)}><${Icon} name="close" /></button>
    </li>`)}
  </ul>`;
}
