// Trouble on demand, in the side panel: what the model and the platform do wrong, what is forbidden.
import { act } from "../api.js";
import { toast, trying } from "../toast.js";
import { html, useState } from "../vendor/preact-htm.js";
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
  const isModelReal = Boolean(bot.real_model);
  const events = Object.entries(faults.events ?? {});
  return html`<section class="faults">
    <${SideHead} title=${say("side_faults")} />
    <div class="faults-body">
      <p class="wire-hint">${say("faults_intro")}</p>
      <button type="button" class="wire-button faults-reset" disabled=${!faultsAreOn(store)}
        onClick=${() => trying(act("reset"))}>${say("faults_reset")}</button>
      <${Group} name="model" kinds=${["model", "services"]} isOpen=${true} state=${say(`model_${faults.model}`)}>
        ${isModelReal && html`<p class="wire-hint">${say("faults_real_model", { model: bot.real_model })}</p>`}
        ${Object.entries(faults.models ?? {}).map(([group, kinds]) => html`<${Kinds} key=${group}
          name="model" group=${group} kinds=${kinds} chosen=${faults.model} disabled=${isModelReal} />`)}
        <${Switches} title=${say("faults_services")} name="service" disabled=${isModelReal}
          switches=${Object.entries(faults.services ?? {})} />
      <//>
      <${Group} name="platform" kinds=${["platform", "limits"]} isOpen=${true}
        state=${say(`platform_${faults.platform}`)}>
        <${Kinds} name="platform" kinds=${faults.platforms ?? []} chosen=${faults.platform} />
        <${Switch} id="limits" on=${faults.limits} label=${say("faults_limits_on")}
          why=${say("faults_limits_why")} onChange=${(on) => change("limits", on)} />
      <//>
      <${Group} name="scopes" kinds=${["scopes"]} state=${countOf(faults.scopes)}>
        ${Object.entries(faults.scope_groups ?? {}).map(([group, scopes]) => html`<${Switches} key=${group}
          title=${say(`scopes_${group}`)} name="scope" isCode=${true}
          switches=${scopes.map((scope) => [scope, faults.scopes[scope]])} />`)}
      <//>
      <${Group} name="events" kinds=${["events", "addresses"]} state=${countOf(faults.events)}>
        <${Switches} title=${say("faults_addresses")} name="address"
          switches=${Object.entries(faults.addresses ?? {})} />
        <${Switches} title=${say("faults_subscribed")} name="event" isCode=${true} switches=${events} />
      <//>
      ${faults.mode === "long_connection" && html`<${Group} name="connections" kinds=${["connections"]}
        isOpen=${true} state=${countOf(faults.connections)}>
        <${Switches} name="connection" switches=${Object.entries(faults.connections ?? {})} />
      <//>`}
      <${Group} name="quirks" kinds=${["quirks"]} state=${countOf(faults.quirks)}>
        <${Switches} name="quirk" switches=${Object.entries(faults.quirks ?? {})} />
      <//>
      <${Group} name="kill" kinds=${[]}><${Kill} can=${bot.can_be_killed} /><//>
    </div>
  </section>`;
}

/** "5 / 7": how many of them are on. */
function countOf(switches = {}) {
  const all = Object.values(switches);
  return `${all.filter(Boolean).length} / ${all.length}`;
}

/** A part of the panel that folds; in one that is folded the head tells whether something is changed. */
function Group({ name, kinds, state = "", isOpen = false, children }) {
  const { faults } = useStore();
  const isChanged = kinds.some((kind) => faults.changed?.includes(kind));
  const [own, set] = useState(null);
  const open = own ?? (isOpen || isChanged);
  return html`<details class="fault-group" open=${open}>
    <summary onClick=${(event) => {
      event.preventDefault();
      set(!open);
    }}>
      <h3>${say(`faults_${name}`)}</h3>
      <span class=${isChanged ? "fault-state changed" : "fault-state"}>${state}</span>
    </summary>
    ${open && children}
  </details>`;
}

function Kinds({ name, group = "", kinds, chosen, disabled = false }) {
  return html`<fieldset disabled=${disabled}>
    ${group && html`<legend>${say(`faults_${group}`)}</legend>`}
    ${kinds.map((kind) => html`<label key=${kind} class="fault">
      <input type="radio" name=${`faults-${name}`} value=${kind} checked=${kind === chosen}
        onChange=${() => change(name, kind)} />
      <span><b>${say(`${name}_${kind}`)}</b><small>${say(`${name}_${kind}_why`)}</small></span>
    </label>`)}
  </fieldset>`;
}

/** Those of one kind: with `isCode` each is called by its name, and `name_…` says what it is for. */
function Switches({ title = "", name, switches, isCode = false, disabled = false }) {
  return html`<fieldset disabled=${disabled}>
    ${title && html`<legend>${title}</legend>`}
    ${switches.map(([one, on]) => html`<${Switch} key=${one} id=${one} on=${on}
      label=${isCode ? html`<code>${one}</code>` : say(`${name}_${one}`)}
      why=${say(isCode ? `${name}_${one}` : `${name}_${one}_why`)}
      onChange=${(value) => change(name, one, { on: value })} />`)}
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
    <p class="wire-hint">${say(can ? "faults_kill_why" : "faults_kill_cannot")}</p>
    <button type="button" class="wire-button faults-kill" onClick=${kill}>${say("faults_kill_now")}</button>
  </fieldset>`;
}
