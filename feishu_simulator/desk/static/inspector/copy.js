// A button that copies a text.
import { Icon } from "../page/icons.js";
import { toast } from "../toast.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";

/** `text` is a string or a function that makes it when it is needed. */
export function Copy({ text, label }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      toast(say("wire_copied"), "success");
    } catch {
      toast(say("wire_not_copied"), "error");
    }
  };
  return html`<button type="button" class="wire-copy" title=${label} aria-label=${label} onClick=${copy}>
    <${Icon} name="copy" />
  </button>`;
}
