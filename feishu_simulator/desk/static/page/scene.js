// Scenes: save what stands on the page as a file, and open one again.
import { openScene, SCENE_URL } from "../api.js";
import { go } from "../here.js";
import { toast, trying } from "../toast.js";
import { html, useRef } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icons.js";

function refuse(error) {
  throw new Error(say("sceneRefused", { why: error.message }));
}

export function Scene({ onClose }) {
  const file = useRef(null);
  const open = async (chosen) => {
    if (!chosen || !(await trying(openScene(chosen).catch(refuse)))) return;
    go({ side: "", replyTo: "", inspected: "", thread: "" });
    toast(say("sceneOpened"), "success");
    onClose();
  };
  return html`<${Dialog} title=${say("scene")} onClose=${onClose}>
    <div class="scene">
      <p>${say("sceneWhat")}</p>
      <p class="scene-note">${say("sceneNote")}</p>
      <input ref=${file} type="file" accept=".json,application/json" hidden onChange=${(event) => {
        open(event.target.files[0]);
        event.target.value = "";
      }} />
      <div class="scene-buttons">
        <button type="button" class="wire-button" onClick=${() => file.current.click()}>
          <${Icon} name="file" />${say("sceneOpen")}</button>
        <a class="wire-button" href=${SCENE_URL} download><${Icon} name="down" />${say("sceneSave")}</a>
      </div>
    </div>
  <//>`;
}
