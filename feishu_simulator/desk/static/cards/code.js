// Blocks of code: the language's name, colours, and a button that copies.
import { html, useMemo, useState } from "../vendor/preact-htm.js";
import highlight from "../vendor/highlight.js";
import { say } from "../words.js";
import { useCard } from "./context.js";

// Names that Feishu gives languages and highlight.js does not.
const ALIASES = {
  c_sharp: "csharp", coffee_script: "coffeescript", docker_file: "dockerfile", objective_c: "objectivec",
  plain_text: "plaintext", visual_basic: "vbnet", html: "xml", htmlbars: "handlebars",
};
// Longer code would cost a frame each time a piece of it arrives.
const COLOURED_CHARS = 20_000;
const COPIED_MS = 1500;

/** A fenced or indented block. */
export function Code({ text, language }) {
  useCard();
  const [isCopied, setCopied] = useState(false);
  const shown = text.replace(/\n$/, "");
  const coloured = useMemo(() => colours(shown, language.toLowerCase()), [shown, language]);
  const copy = async () => {
    await navigator.clipboard?.writeText(shown).catch(() => {});
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return html`<div class="c-code">
    <div class="c-code-head">
      <span>${language || "Plain Text"}</span>
      <button type="button" onClick=${copy}>${say(isCopied ? "card_copied" : "card_copy")}</button>
    </div>
    <pre tabindex="0">${
      coloured === null
        ? html`<code>${shown}</code>`
        : html`<code dangerouslySetInnerHTML=${{ __html: coloured }}></code>`
    }</pre>
  </div>`;
}

/** HTML by highlight.js, which escapes the code; null where it knows no colours. */
function colours(text, language) {
  const known = ALIASES[language] ?? language;
  if (!known || text.length > COLOURED_CHARS || !highlight.getLanguage(known)) return null;
  return highlight.highlight(text, { language: known, ignoreIllegals: true }).value;
}
