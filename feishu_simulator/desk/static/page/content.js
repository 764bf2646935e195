// What a message holds, by its type. Types this page has no picture for are named.
import { Card } from "../cards/card.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { chatOf, nameOf } from "../store.js";
import { kindOf } from "./lines.js";
import { FileBox, Picture, Voice, VideoFile } from "./media.js";
import { Post } from "./post.js";
import { styled, withMentions } from "./richtext.js";

function Named({ type, name, note }) {
  return html`<div class="named">
    <div class="named-kind">${kindOf(type)}</div>
    ${name && html`<div class="named-name" dir="auto">${name}</div>`}
    ${note && html`<div class="named-note">${note}</div>`}
  </div>`;
}

function Text({ message }) {
  const text = String(message.content.text ?? "");
  const isFromBot = message.sender === null;
  return html`<div class="text" dir="auto">
    ${isFromBot ? styled(text) : withMentions(text, message.mentions)}
  </div>`;
}

const nameIn = (content) => content.name ?? content.topic ?? content.summary?.title ?? content.summary;

export function Content({ message }) {
  const { type, content } = message;
  if (message.card) return html`<${Card} message=${message} />`;
  switch (type) {
    case "text":
      return html`<${Text} message=${message} />`;
    case "post":
      return html`<${Post} content=${content} mentions=${message.mentions} />`;
    case "image":
      return html`<${Picture} imageKey=${content.image_key} />`;
    case "audio":
      return html`<${Voice} content=${content} />`;
    case "media":
      return html`<${VideoFile} content=${content} file=${message.files[content.file_key]} />`;
    case "file":
      return html`<${FileBox} content=${content} file=${message.files[content.file_key]} />`;
    case "share_chat":
      return html`<${Named} type=${type} name=${chatOf(content.chat_id)?.name ?? content.chat_id} />`;
    case "share_user":
      return html`<${Named} type=${type} name=${nameOf(content.user_id)} />`;
    case "vote": {
      const options = (content.options ?? []).join(" / ");
      return html`<${Named} type=${type} name=${content.topic} note=${options} />`;
    }
    case "location": {
      const place = `${content.latitude ?? "?"}, ${content.longitude ?? "?"}`;
      return html`<${Named} type=${type} name=${content.name} note=${place} />`;
    }
    case "merge_forward":
      return html`<${Named} type=${type} name=${say("forwarded")} />`;
    default: {
      const name = nameIn(content);
      return html`<${Named} type=${type} name=${typeof name === "string" ? name : ""} />`;
    }
  }
}

/** The text of a system message, such as a divider. */
export function systemText(content) {
  const divider = content.params?.divider_text ?? content.divider_text;
  return divider?.text || content.template || kindOf("system");
}

/** Types drawn without a bubble around them. */
export const isBare = (message) => message.card !== null || ["image", "media"].includes(message.type);
