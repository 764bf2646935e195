// From markdown-it's tokens to elements.
import { html } from "../vendor/preact-htm.js";
import { Code } from "./code.js";
import { colour } from "./colours.js";
import { fileUrl } from "../api.js";
import { PagedTable } from "./paged-table.js";
import { Picture } from "./picture.js";
import { tagView } from "./tag-view.js";

const PAIRS = {
  paragraph_open: "p", bullet_list_open: "ul", list_item_open: "li", blockquote_open: "blockquote",
  strong_open: "strong", em_open: "em", s_open: "s",
};
const ROWS_PER_PAGE = 5;
const IMAGE_KEY = /^[\w-]+$/;

/** The elements for tokens of a block or of a line. */
export const viewOf = (tokens, env) => treeOf(tokens).map((node) => view(node, env));

/** A link that leaves the page; only http and https do, all else is but text. */
export function link(address, inside) {
  return /^https?:\/\//i.test(address)
    ? html`<a href=${address} target="_blank" rel="noopener noreferrer">${inside}</a>`
    : html`<span>${inside}</span>`;
}

function treeOf(tokens) {
  const root = { children: [] };
  const stack = [root];
  for (const token of tokens) {
    if (token.nesting < 0) {
      stack.pop();
      continue;
    }
    const node = { token, children: token.type === "inline" ? treeOf(token.children) : [] };
    stack.at(-1).children.push(node);
    if (token.nesting > 0) stack.push(node);
  }
  return root.children;
}

function view(node, env) {
  const { token, children } = node;
  const inside = () => children.map((child) => view(child, env));
  switch (token.type) {
    case "inline":
      return inside();
    case "text":
    case "text_special":
      return token.content;
    case "feishu_emoji":
      return html`<span class="c-emoji" role="img" aria-label=${token.meta}>${token.content}</span>`;
    case "softbreak":
    case "hardbreak":
      return html`<br />`;
    case "code_inline":
      return html`<code>${token.content}</code>`;
    case "hr":
      return html`<hr />`;
    case "fence":
    case "code_block":
      return html`<${Code} text=${token.content} language=${token.info?.trim().split(/\s+/)[0] ?? ""} />`;
    case "heading_open":
      return html`<div class=${`c-h c-${token.tag}`} role="heading" aria-level=${token.tag[1]}>
        ${inside()}
      </div>`;
    case "ordered_list_open":
      return html`<ol start=${token.attrGet("start") ?? 1}>${inside()}</ol>`;
    case "table_open":
      return tableView(children, env);
    case "link_open":
      return link(named(token.attrGet("href"), env.links), inside());
    case "image":
      return imageView(token);
    case "feishu_open":
      return wrapperView(token.meta, inside(), env.card);
    case "feishu_tag":
      return tagView(token.meta);
    default:
      if (token.hidden) return inside();
      return pair(PAIRS[token.type], inside) ?? token.content;
  }
}

const pair = (name, inside) => name && html`<${name}>${inside()}</${name}>`;

/** The address of [text]($name), which is kept in the component's `href`. */
function named(address, links) {
  const found = address.startsWith("$") ? links?.[address.slice(1)] : null;
  return found ? String(found.pc_url || found.url || "") : address;
}

function imageView(token) {
  const key = token.attrGet("src");
  return IMAGE_KEY.test(key) ? html`<${Picture} src=${fileUrl(key)} alt=${token.content} />` : token.content;
}

function wrapperView({ name, attrs }, inside, card) {
  if (name === "font") {
    return html`<span style=${{ color: colour(attrs.color, card.colours) }}>${inside}</span>`;
  }
  return tagView({ name, attrs, inside });
}

function tableView([head, body], env) {
  const cells = (row, tag) =>
    row.children.map((cell) => {
      const side = /left|center|right/.exec(cell.token.attrGet("style") ?? "")?.[0];
      return html`<${tag} class=${side && `c-to-${side}`}>
        ${cell.children.map((one) => view(one, env))}
      </${tag}>`;
    });
  const headRow = html`<tr>${cells(head.children[0], "th")}</tr>`;
  const rows = (body?.children ?? []).map((row) => html`<tr>${cells(row, "td")}</tr>`);
  return html`<${PagedTable} head=${headRow} rows=${rows} pageSize=${ROWS_PER_PAGE} />`;
}
