// Rich text: paragraphs of runs ("post"), as received and as sent.
import { here } from "../here.js";
import { html } from "../vendor/preact-htm.js";
import { signOf } from "./emoji.js";
import { Markdown } from "./markdown.js";
import { Picture, VideoFile } from "./media.js";
import { Link, Mention, atName, linked, safeHref } from "./richtext.js";

const STYLES = new Set(["bold", "italic", "underline", "lineThrough"]);

const classesOf = (run) => (run.style ?? []).filter((style) => STYLES.has(style)).join(" ");

function Run({ run, mentions }) {
  const text = String(run.text ?? "");
  switch (run.tag) {
    case "text":
      return html`<span class=${classesOf(run)}>${linked(text)}</span>`;
    case "a": {
      const href = safeHref(run.href);
      return href ? html`<${Link} href=${href}>${text || href}<//>` : text;
    }
    case "at": {
      const mention = mentions.find(({ key }) => key === run.user_id);
      const name = mention?.name ?? atName(run.user_id, run.user_name);
      return html`<${Mention} openId=${mention?.open_id ?? run.user_id} name=${name} />${" "}`;
    }
    case "img":
      return html`<${Picture} imageKey=${run.image_key} />`;
    case "media":
      return html`<${VideoFile} content=${run} />`;
    case "emotion":
      return html`<span title=${run.emoji_type}>${signOf(run.emoji_type)}</span>`;
    case "hr":
      return html`<hr />`;
    case "code_block":
      return html`<pre class="code-text" dir="ltr"><code>${text}</code></pre>`;
    case "md":
      return html`<${Markdown} text=${text} />`;
    default:
      return text;
  }
}

/** What is received has no language around it, what is sent has. */
function inLanguage(content) {
  if (Array.isArray(content.content)) return content;
  const wanted = here.lang === "zh" ? "zh_cn" : "en_us";
  const parts = Object.values(content).filter((part) => part && typeof part === "object");
  return content[wanted] ?? parts[0] ?? {};
}

export function Post({ content, mentions }) {
  const { title, content: paragraphs } = inLanguage(content);
  const rows = (paragraphs ?? []).filter(Array.isArray);
  return html`<div class="post">
    ${title && html`<div class="post-title">${title}</div>`}
    ${rows.map((runs, row) => html`<div key=${row} class="post-paragraph" dir="auto">
      ${runs.map((run, at) => html`<${Run} key=${at} run=${run ?? {}} mentions=${mentions} />`)}
    </div>`)}
  </div>`;
}
