// Markdown of rich text. HTML in it stays text; pictures by address are not fetched.
import markdownIt from "../vendor/markdown-it.js";
import { html, useMemo } from "../vendor/preact-htm.js";

const parser = markdownIt({ html: false, linkify: true, breaks: true }).disable("image");
const linkOpen = parser.renderer.rules.link_open;
parser.renderer.rules.link_open = (tokens, at, options, env, self) => {
  tokens[at].attrSet("target", "_blank");
  tokens[at].attrSet("rel", "noopener noreferrer");
  return linkOpen ? linkOpen(tokens, at, options, env, self) : self.renderToken(tokens, at, options);
};

export function Markdown({ text }) {
  // markdown-it escapes all text and refuses javascript: addresses itself.
  const rendered = useMemo(() => ({ __html: parser.render(text) }), [text]);
  return html`<div class="markdown" dir="auto" dangerouslySetInnerHTML=${rendered} />`;
}
