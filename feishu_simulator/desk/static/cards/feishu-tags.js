// Feishu's own tags in Markdown ("Rich text (Markdown)"), as a rule for markdown-it. Whatever else
// looks like HTML stays text.

const HOLDS_MARKDOWN = new Set(["font", "a", "link"]);
const HOLDS_TEXT = new Set(["text_tag", "number_tag", "raw", "at", "person", "local_datetime"]);
const STANDS_ALONE = new Set(["br", "hr", "audio"]);
const NAME = /[a-z_]+/iy;
const ATTRIBUTE = /\s*([a-z_]+)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]*))/iy;
const END = /\s*(\/?)>/y;

/** Teach `md` the tags. */
export function feishuTags(md) {
  md.inline.ruler.before("autolink", "feishu_tag", (state, silent) => {
    if (state.src.charCodeAt(state.pos) !== 0x3c) return false;
    const tag = tagsOf(state).get(state.pos);
    if (!tag || tag.after > state.posMax) return false;
    if (!silent) write(state, tag);
    state.pos = tag.after;
    return true;
  });
}

function write(state, tag) {
  if (!HOLDS_MARKDOWN.has(tag.name)) {
    const token = state.push("feishu_tag", "", 0);
    token.meta = { ...tag, text: state.src.slice(tag.start, tag.end) };
    return;
  }
  state.push("feishu_open", "", 1).meta = tag;
  const { posMax } = state;
  state.pos = tag.start;
  state.posMax = tag.end;
  state.md.inline.tokenize(state);
  state.posMax = posMax;
  state.push("feishu_close", "", -1);
}

/** All complete tags of a text by where they begin; found once, in one pass. */
function tagsOf(state) {
  if (state.feishuTags) return state.feishuTags;
  const found = new Map();
  const open = [];
  const { src } = state;
  const endless = new Set();
  let pos = 0;
  while (pos < src.length) {
    const char = src[pos];
    if (char === "\\") pos += 2;
    else if (char === "`") pos = afterCode(src, pos, endless);
    else if (char === "<") pos = take(src, pos, open, found);
    else pos += 1;
  }
  state.feishuTags = found;
  return found;
}

function take(src, pos, open, found) {
  const closes = src[pos + 1] === "/";
  const tag = tagAt(src, pos + (closes ? 2 : 1));
  if (!tag) return pos + 1;
  const { name, attrs, next } = tag;
  if (STANDS_ALONE.has(name)) {
    if (!closes) found.set(pos, { name, attrs, start: next, end: next, after: next });
  } else if (!closes) {
    open.push({ name, attrs, pos, start: next });
  } else {
    const index = open.findLastIndex((one) => one.name === name);
    if (index >= 0) {
      const [first] = open.splice(index);
      found.set(first.pos, { name, attrs: first.attrs, start: first.start, end: pos, after: next });
    }
  }
  return next;
}

function tagAt(src, pos) {
  NAME.lastIndex = pos;
  const name = NAME.exec(src)?.[0].toLowerCase();
  if (!name || !(HOLDS_MARKDOWN.has(name) || HOLDS_TEXT.has(name) || STANDS_ALONE.has(name))) return null;
  const attrs = {};
  let next = NAME.lastIndex;
  ATTRIBUTE.lastIndex = next;
  for (let match = ATTRIBUTE.exec(src); match; match = ATTRIBUTE.exec(src)) {
    attrs[match[1].toLowerCase()] = match[2] ?? match[3] ?? match[4];
    next = ATTRIBUTE.lastIndex;
  }
  END.lastIndex = next;
  return END.exec(src) ? { name, attrs, next: END.lastIndex } : null;
}

/** Where a code span that begins here ends; nothing in it is a tag. */
function afterCode(src, pos, endless) {
  let start = pos;
  while (src[start] === "`") start += 1;
  const length = start - pos;
  if (endless.has(length)) return start;
  for (let at = start; at < src.length; at += 1) {
    if (src[at] !== "`") continue;
    const from = at;
    while (src[at] === "`") at += 1;
    if (at - from === length) return at;
  }
  endless.add(length);
  return start;
}
