// Scenes: save what stands on the page as a file, and open one again.
import { openScene, SCENE_URL } from "../api.js";
import { go } from "../here.js";
import { toast, trying } from "../toast.js";
import { html, useRef } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";

export function Scene() {
  const file = useRef(null);
  const open = async (chosen) => {
    if (!chosen || !(await trying(openScene(chosen)))) return;
    go({ side: "", replyTo: "", inspected: "", thread: "" });
    toast(say("sceneOpened"), "success");
  };
  return html`<input ref=${file} type="file" accept=".json,application/json" hidden
      aria-label=${say("sceneOpen")} onChange=${(event) => {
        open(event.target.files[0]);
        event.target.value = "";
      }} />
    <${Popover} kind="round-button" label=${say("scene")} align="end" button=${html`<${Icon} name="scene" />`}>
      ${(close) => html`<div class="menu scene-menu">
        <div class="menu-title">${say("scene")}</div>
        <a class="menu-item" href=${SCENE_URL} download onClick=${close}>
          <${Icon} name="down" /><span>${say("sceneSave")}</span></a>
        <button type="button" class="menu-item" onClick=${() => {
          close();
          file.current.click();
        }}><${Icon} name="file" /><span>${say("sceneOpen")}</span></button>
        <p class="wire-hint">${say("sceneNote")}</p>
      </div>`}
    <//>`;
}
