// Trouble on demand, in the side panel: what the model and the platform do wrong, what is forbidden.
import { act } from "../api.js";
import { toast, trying } from "../toast.js";
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { useStore } from "../store.js";
import { SideHead } from "./thread.js";

/** Whether anything is out of order on purpose. */
export function faultsAreOn(store) {
  return store.faults.disturbed === true;
}

const change = (name, value, more = {}) => trying(act("switch", { name, value, ...more }));

export function Faults() {
  const store = useStore();
  const { faults, bot } = store;
  return html`<section class="faults">
    <${SideHead} title=${say("side_faults")} />
    <div class="faults-body">
      <p class="wire-hint">${say("faults_intro")}</p>
      <button type="button" class="wire-button faults-reset" disabled=${!faultsAreOn(store)}
        onClick=${() => trying(act("reset"))}>${say("faults_reset")}</button>
      <${Kinds} name="model" kinds=${faults.models ?? []} chosen=${faults.model}
        refusal=${bot.real_model ? say("faults_real_model", { model: bot.real_model }) : ""} />
      <${Kinds} name="platform" kinds=${faults.platforms ?? []} chosen=${faults.platform} />
      <fieldset>
        <legend>${say("faults_limits")}</legend>
        <${Switch} id="limits" on=${faults.limits} label=${say("faults_limits_on")}
          why=${say("faults_limits_why")} onChange=${(on) => change("limits", on)} />
      </fieldset>
      <fieldset>
        <legend>${say("faults_scopes")}</legend>
        ${Object.entries(faults.scopes ?? {}).map(([scope, on]) => html`<${Switch} key=${scope}
          id=${scope} on=${on} label=${html`<code>${scope}</code>`} why=${say(`scope_${scope}`)}
          onChange=${(granted) => change("scope", scope, { on: granted })} />`)}
      </fieldset>
      <fieldset>
        <legend>${say("faults_quirks")}</legend>
        ${Object.entries(faults.quirks ?? {}).map(([quirk, on]) => html`<${Switch} key=${quirk}
          id=${quirk} on=${on} label=${say(`quirk_${quirk}`)} why=${say(`quirk_${quirk}_why`)}
          onChange=${(odd) => change("quirk", quirk, { on: odd })} />`)}
      </fieldset>
      <${Kill} can=${bot.can_be_killed} />
    </div>
  </section>`;
}

function Kinds({ name, kinds, chosen, refusal = "" }) {
  return html`<fieldset disabled=${refusal !== ""}>
    <legend>${say(`faults_${name}`)}</legend>
    ${refusal && html`<p class="wire-hint">${refusal}</p>`}
    ${kinds.map((kind) => html`<label key=${kind} class="fault">
      <input type="radio" name=${`faults-${name}`} value=${kind} checked=${kind === chosen}
        onChange=${() => change(name, kind)} />
      <span><b>${say(`${name}_${kind}`)}</b><small>${say(`${name}_${kind}_why`)}</small></span>
    </label>`)}
  </fieldset>`;
}

function Switch({ id, on, label, why, onChange }) {
  return html`<label class="fault">
    <input type="checkbox" role="switch" name=${`faults-${id}`} checked=${on}
      onChange=${(event) => onChange(event.currentTarget.checked)} />
    <span><b>${label}</b><small>${why}</small></span>
  </label>`;
}

function Kill({ can }) {
  const kill = async () => {
    const answer = await trying(act("kill"));
    if (answer) toast(say("faults_killed", { count: answer.killed }), "success");
  };
  return html`<fieldset disabled=${!can}>
    <legend>${say("faults_kill")}</legend>
    <p class="wire-hint">${say(can ? "faults_kill_why" : "faults_kill_cannot")}</p>
    <button type="button" class="wire-button faults-kill" onClick=${kill}>${say("faults_kill_now")}</button>
  </fieldset>`;
}
