// The dialog that opens a new group or topic group.
import { act } from "../api.js";
import { go, here } from "../here.js";
import { trying } from "../toast.js";
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { chatOf, until } from "../store.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icons.js";

export function NewGroup({ onClose }) {
  const [name, setName] = useState("");
  const [topic, setTopic] = useState(false);
  const create = async (event) => {
    event.preventDefault();
    if (!name.trim()) return;
    const made = await trying(act("add_group", { person: here.person, name: name.trim(), topic }));
    if (!made) return;
    await until(() => chatOf(made.chat_id));
    onClose();
    go({ chat: made.chat_id, place: "chat", side: "", replyTo: "" });
  };
  const kind = (value, icon, title, note) => html`<label class="kind">
    <input type="radio" name="kind" checked=${topic === value} onChange=${() => setTopic(value)} />
    <${Icon} name=${icon} />
    <span><b>${say(title)}</b><small>${say(note)}</small></span>
  </label>`;
  return html`<${Dialog} title=${say("newGroup")} onClose=${onClose}>
    <form class="new-group" onSubmit=${create}>
      <label class="form-field">${say("groupName")}
        <input value=${name} maxlength="40" autofocus onInput=${(event) => setName(event.target.value)} />
      </label>
      <fieldset>
        <legend>${say("groupKind")}</legend>
        ${kind(false, "people", "groupPlain", "groupPlainNote")}
        ${kind(true, "topic", "groupTopic", "groupTopicNote")}
      </fieldset>
      <p class="dialog-note">${say("newGroupNote")}</p>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${onClose}>${say("cancel")}</button>
        <button type="submit" class="button button-main" disabled=${!name.trim()}>${say("create")}</button>
      </div>
    </form>
  <//>`;
}
