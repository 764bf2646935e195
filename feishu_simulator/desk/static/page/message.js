// One message: who, when, what, what it answers, and what can be done with it.
import { Component, html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { nameOf } from "../store.js";
import { Avatar } from "./avatar.js";
import { Content, isBare, systemText } from "./content.js";
import { DeliveryState, Undelivered } from "./delivery.js";
import { lineOf } from "./lines.js";
import { Reactions } from "./reactions.js";
import { ThreadStrip } from "./threadstrip.js";
import { clockOf } from "./times.js";
import { Toolbar } from "./toolbar.js";

/** Scroll to a message of the same list and mark it for a moment. */
function showMessage(event, messageId) {
  const list = event.currentTarget.closest(".messages");
  const row = list?.querySelector(`[data-message="${CSS.escape(messageId)}"]`);
  if (!row) return;
  row.scrollIntoView({ block: "center", behavior: "smooth" });
  row.classList.remove("pointed-at");
  requestAnimationFrame(() => row.classList.add("pointed-at"));
}

function Quote({ message }) {
  return html`<button type="button" class="quote" title=${say("goToQuoted")}
    onClick=${(event) => showMessage(event, message.message_id)}>
    <span class="quote-text" dir="auto">
      ${say("replyTo", { name: nameOf(message.sender) })}${lineOf(message)}
    </span>
  </button>`;
}

/**
 * Drawn again only when a prop differs: a changed message is a new object.
 * Props: message, quoted, me, lang, people, place ("main" or "thread"), isFirst (says who and when),
 * canThread, replies (how many), lastReply, isLast.
 */
export class Message extends Component {
  state = { hovered: false, focused: false };

  shouldComponentUpdate(next, state) {
    const names = new Set([...Object.keys(next), ...Object.keys(this.props)]);
    const { hovered, focused } = this.state;
    const isOther = state.hovered !== hovered || state.focused !== focused;
    return isOther || [...names].some((name) => next[name] !== this.props[name]);
  }

  render(props, { hovered, focused }) {
    const { message, quoted, me, place, isFirst, canThread, replies, lastReply, isLast } = props;
    const { message_id: id, sender } = message;
    if (message.deleted && !replies) {
      return html`<div class="notice" data-message=${id}>${lineOf(message)}</div>`;
    }
    if (message.type === "system") {
      return html`<div class="notice notice-system" data-message=${id}>${systemText(message.content)}</div>`;
    }
    const mine = sender === me;
    const bubble = isBare(message) ? "bare" : "bubble";
    const onFocusOut = (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) this.setState({ focused: false });
    };
    return html`<article class=${`message ${mine ? "mine" : "theirs"} ${isFirst ? "first" : ""}`}
      data-message=${id} data-sender=${sender ?? "bot"} tabindex=${isLast ? 0 : -1}
      aria-label=${`${nameOf(sender)} ${clockOf(message.created_ms)}`}
      onmouseenter=${() => this.setState({ hovered: true })}
      onmouseleave=${() => this.setState({ hovered: false })}
      onfocusin=${() => this.setState({ focused: true })} onfocusout=${onFocusOut}>
      <div class="message-side">${isFirst && html`<${Avatar} id=${sender} />`}</div>
      <div class="message-body">
        ${isFirst && html`<div class="message-head">
          <span class="message-name">${nameOf(sender)}</span>
          ${sender === null && html`<span class="badge-bot">${say("botBadge")}</span>`}
          <time>${clockOf(message.created_ms)}</time>
        </div>`}
        <div class="message-line">
          <div class=${`message-content ${bubble}`}>
            ${quoted && html`<${Quote} message=${quoted} />`}
            ${message.deleted
              ? html`<span class="recalled">${lineOf(message)}</span>`
              : html`<${Content} message=${message} />`}
            ${message.edited && html`<span class="edited">${say("edited")}</span>`}
            <${Reactions} message=${message} me=${me} />
            ${replies > 0 && place === "main" &&
            html`<${ThreadStrip} rootId=${id} count=${replies} last=${lastReply} />`}
          </div>
          ${sender !== null && html`<${DeliveryState} message=${message} />`}
          ${(hovered || focused) && !message.deleted && html`<${Toolbar} message=${message}
            me=${me} place=${place} canThread=${canThread} />`}
        </div>
        ${mine && html`<${Undelivered} message=${message} me=${me} place=${place} />`}
      </div>
    </article>`;
  }
}
