// Markdown as Feishu reads it: CommonMark without HTML, and Feishu's tags. What comes out are
// elements, never HTML, so there is nothing to escape.
import { Component, html, useMemo, useRef } from "../vendor/preact-htm.js";
import MarkdownIt from "../vendor/markdown-it.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { feishuEmoji } from "./emoji.js";
import { feishuTags } from "./feishu-tags.js";
import { viewOf } from "./markdown-view.js";

// Besides links: the keys of images, and names of links in `href` (cards of version 1.0).
const ADDRESS = /^(?:https?:\/\/|[\w-]+$|\$\w+$)/i;
const GONE_IN_SIMPLE = ["heading", "lheading", "blockquote", "backticks", "table"];

function build() {
  const md = new MarkdownIt({ html: false, breaks: true, linkify: false });
  md.validateLink = (address) => ADDRESS.test(address.trim());
  return md.use(feishuTags).use(feishuEmoji);
}

const full = build();
const simple = build().disable(GONE_IN_SIMPLE);

/** Markdown; lark_md and cards of version 1.0 know less of it: isFull is false there. */
export function Markdown({ content, isFull, isTyping = false, links, style }) {
  const card = useCard();
  const before = useRef(null);
  const blocks = useMemo(() => {
    before.current = read(content.replace(/\r\n?/g, "\n"), isFull ? full : simple, before.current);
    return before.current.blocks;
  }, [content, isFull]);
  return html`<div class=${classes("c-md", isTyping && "c-typing")} style=${style}>
    ${blocks.map((block, index) => html`<${Block} key=${index} ...${block} card=${card} links=${links} />`)}
  </div>`;
}

/**
 * The blocks on the top level of `text`. Where it goes on from what was read before, only its end is
 * parsed again: what follows can change the last two blocks at most, unless links are defined by name.
 */
function read(text, md, before) {
  const goesOn = before?.md === md && before.settled !== "" && text.startsWith(before.settled);
  const settled = goesOn ? before.settled : "";
  const env = {};
  const news = blocksOf(text.slice(settled.length), md, env);
  if (goesOn && env.references) return read(text, md, null);
  const blocks = goesOn ? [...before.blocks.slice(0, -2), ...news] : news;
  const open = news.slice(-2).reduce((length, block) => length + block.length, 0);
  const isSure = news.length > 1 && !env.references;
  return { md, blocks, settled: isSure ? text.slice(0, text.length - open) : "" };
}

/** Each with its source, by which it is known to look the same, and the length from its beginning. */
function blocksOf(text, md, env) {
  const tokens = md.parse(text, env);
  const lines = text.split("\n");
  const names = JSON.stringify(env.references ?? {});
  const blocks = [];
  let from = 0;
  let depth = 0;
  tokens.forEach((token, index) => {
    depth += token.nesting;
    if (depth) return;
    const [first, last] = tokens[from].map ?? [0, lines.length];
    const source = `${names}\n${lines.slice(first, last).join("\n")}`;
    blocks.push({ source, first, tokens: tokens.slice(from, index + 1) });
    from = index + 1;
  });
  const starts = [...blocks.map((block) => block.first), lines.length];
  return blocks.map(({ source, tokens: own }, index) => {
    const share = lines.slice(starts[index], starts[index + 1]);
    const isLast = index === blocks.length - 1;
    return { source, tokens: own, length: share.join("\n").length + (isLast ? 0 : 1) };
  });
}

class Block extends Component {
  shouldComponentUpdate(next) {
    return next.source !== this.props.source || next.card !== this.props.card;
  }

  render({ tokens, card, links }) {
    return viewOf(tokens, { card, links });
  }
}
