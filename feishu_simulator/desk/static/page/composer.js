// Where one writes: text, mentions, files, voice; a reply, a thread or the chat itself.
import { act, upload } from "../api.js";
import { go, here } from "../here.js";
import { trying } from "../toast.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { store } from "../store.js";
import { Attachments, acceptable } from "./attachments.js";
import { BotMenu } from "./botmenu.js";
import { MentionChips, ReplyTo } from "./composerparts.js";
import { useDraft } from "./drafts.js";
import { Icon } from "./icons.js";
import { MentionList, useMentions } from "./mention.js";
import { sayIn } from "./saying.js";
import { ThingsMenu } from "./things.js";
import { VoiceButton } from "./voice.js";

const LINES = 8;

/** Props: chat, place ("main" or "thread"), rootId of the thread. */
export function Composer({ chat, place, rootId = "" }) {
  const key = `${here.person} ${place} ${rootId || chat.chat_id}`;
  const { draft, change, clear, restore } = useDraft(key);
  const [caret, setCaret] = useState(draft.text.length);
  const [dragging, setDragging] = useState(false);
  const input = useRef(null);
  const files = useRef(null);
  // Where the caret goes after the text was changed from outside; -1 leaves it to the browser.
  const moved = useRef(-1);
  const wanted = here.replyPlace === place ? store.messages.get(here.replyTo) : undefined;
  const target = wanted && wanted.chat_id === chat.chat_id && !wanted.deleted ? wanted : null;
  const listId = `mentions-${place}`;

  /** Put another text there, with the caret where it belongs. */
  const put = (text, position, part = {}) => {
    change({ text, ...part });
    setCaret(position);
    moved.current = position;
    input.current.focus();
  };
  const addMention = (id, text = draft.text, position = caret) =>
    put(text, position, { mentions: [...draft.mentions, id] });
  const mentions = useMentions(chat, draft, caret, addMention);

  useLayoutEffect(() => {
    const element = input.current;
    element.style.height = "auto";
    const line = parseFloat(getComputedStyle(element).lineHeight);
    element.style.height = `${Math.min(element.scrollHeight, line * LINES + 4)}px`;
    if (moved.current >= 0) element.setSelectionRange(moved.current, moved.current);
    moved.current = -1;
  }, [draft.text]);
  useEffect(() => {
    // A thread that opens by itself doesn't take the keyboard away from who is writing.
    const isWriting = document.activeElement?.tagName === "TEXTAREA";
    if (!isWriting && matchMedia("(hover: hover)").matches) input.current.focus();
  }, []);

  const fields = () => ({
    chat_id: chat.chat_id,
    person: here.person,
    ...(target || rootId ? { reply_to: target?.message_id ?? rootId, in_thread: place === "thread" } : {}),
  });
  const sendFile = (blob, name, duration) =>
    trying(upload(blob, name, { ...fields(), ...(duration ? { duration } : {}) }));

  const send = async () => {
    const text = draft.text.trim();
    if (!text && draft.files.length === 0) return;
    const kept = draft;
    const given = fields();
    clear();
    if (target) go({ replyTo: "" });
    for (const file of kept.files) await trying(upload(file, file.name, given));
    if (!text) return;
    const said = await trying(sayIn({ ...given, text, mentions: kept.mentions }));
    if (!said) restore(kept);
  };

  const onKeyDown = (event) => {
    // The keys of an input method that composes are its own (229 in Safari).
    if (event.isComposing || event.keyCode === 229 || mentions.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && target) {
      event.preventDefault();
      go({ replyTo: "" });
    } else if (event.key === "Backspace" && !event.target.selectionEnd && draft.mentions.length) {
      change({ mentions: draft.mentions.slice(0, -1) });
    }
  };
  const addFiles = (list) => change({ files: [...draft.files, ...acceptable(list)] });
  const onPaste = (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    addFiles(event.clipboardData.files);
  };
  const onDrop = (event) => {
    event.preventDefault();
    setDragging(false);
    addFiles(event.dataTransfer.files);
  };
  const onDragOver = (event) => {
    event.preventDefault();
    setDragging(true);
  };
  const writeAt = () => {
    const before = `${draft.text.slice(0, caret)}@`;
    put(before + draft.text.slice(caret), before.length);
  };
  const follow = (event) => setCaret(event.target.selectionStart);
  const placeholder = say({ thread: "writeInThread", topic: "writeTopic" }[
    place === "thread" ? "thread" : chat.mode
  ] ?? "writeHere");
  const open = mentions.found.length > 0;

  return html`<footer class=${dragging ? "composer dragging" : "composer"} onDragOver=${onDragOver}
    onDragLeave=${() => setDragging(false)} onDrop=${onDrop}>
    ${place === "main" && chat.mode === "p2p" && html`<${BotMenu} />`}
    <div class="composer-box">
      ${target && html`<${ReplyTo} message=${target} />`}
      <${Attachments} files=${draft.files}
        onRemove=${(file) => change({ files: draft.files.filter((one) => one !== file) })} />
      <div class="composer-line">
        <${MentionChips} ids=${draft.mentions}
          onRemove=${(id) => change({ mentions: draft.mentions.filter((one) => one !== id) })} />
        <textarea ref=${input} rows="1" dir="auto" value=${draft.text} placeholder=${placeholder}
          aria-label=${placeholder} aria-autocomplete="list" aria-controls=${listId}
          aria-activedescendant=${open ? `${listId}-${mentions.at}` : undefined}
          onInput=${(event) => {
            change({ text: event.target.value });
            follow(event);
          }}
          onKeyUp=${follow} onClick=${follow} onKeyDown=${onKeyDown} onPaste=${onPaste} />
        <${MentionList} id=${listId} ...${mentions} />
      </div>
      <div class="composer-tools">
        ${chat.mode !== "p2p" && html`<button type="button" class="round-button"
          title=${say("mentionSomeone")} aria-label=${say("mentionSomeone")} onClick=${writeAt}>
          <${Icon} name="mention" />
        </button>`}
        <input ref=${files} type="file" multiple hidden onChange=${(event) => {
          addFiles(event.target.files);
          event.target.value = "";
        }} />
        <button type="button" class="round-button" title=${say("attach")} aria-label=${say("attach")}
          onClick=${() => files.current.click()}><${Icon} name="clip" /></button>
        <${VoiceButton} onVoice=${sendFile} />
        <${ThingsMenu} onPick=${(kind) => trying(act("pass_on", { ...fields(), kind }))} />
        <span class="composer-hint">${say("composerHint")}</span>
        <button type="button" class="send" disabled=${!draft.text.trim() && draft.files.length === 0}
          title=${say("send")} aria-label=${say("send")} onClick=${send}><${Icon} name="send" /></button>
      </div>
    </div>
  </footer>`;
}
