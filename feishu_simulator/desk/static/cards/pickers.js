// Pickers of a date, a time, or both. The platform is told "2024-04-01 +0800".
import { html, useRef } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { useCallback } from "./callback.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { useField } from "./form.js";
import { wordsOf } from "./text.js";

// The zone that callbacks of the simulated client name.
const ZONE = "+0800";
// A date is typed part by part, and each part that fits counts as a change.
const SETTLED_MS = 700;
const KINDS = {
  date_picker: { type: "date", initial: "initial_date" },
  picker_time: { type: "time", initial: "initial_time" },
  picker_datetime: { type: "datetime-local", initial: "initial_datetime" },
};

export function Picker({ part }) {
  const { lang } = useCard();
  const { type, initial } = KINDS[part.tag];
  const first = typeof part[initial] === "string" && part[initial] ? `${part[initial]} ${ZONE}` : "";
  const { value, set, box, isMissing, inForm } = useField(part, first);
  const { busy, use } = useCallback(part);
  const timer = useRef(0);
  const told = useRef(first);
  const tell = (chosen) => {
    clearTimeout(timer.current);
    if (inForm || !chosen || chosen === told.current) return;
    told.current = chosen;
    use({ option: chosen });
  };
  const change = (event) => {
    const chosen = event.target.value ? `${event.target.value.replace("T", " ")} ${ZONE}` : "";
    set(chosen);
    clearTimeout(timer.current);
    timer.current = setTimeout(tell, SETTLED_MS, chosen);
  };
  const shown = value.replace(` ${ZONE}`, "").replace(" ", "T");
  // Browsers write an empty date in the language of their own menus, so the hint lies over it.
  const label = wordsOf(part.placeholder, lang) || say(`card_choose_${type === "time" ? "time" : "date"}`);
  return html`<div class="c-control" ref=${box}><div class="c-picker">
    <input
      type=${type} value=${shown} title=${label} aria-label=${label}
      class=${classes("c-field", isMissing && "c-missing", busy && "c-busy", !value && "c-field-empty")}
      aria-invalid=${isMissing === true} aria-busy=${busy} disabled=${part.disabled === true}
      onChange=${change} onBlur=${() => tell(value)}
      onKeyDown=${(event) => event.key === "Enter" && tell(value)}
    />
    ${!value && html`<span class="c-picker-hint" aria-hidden="true">${label}</span>`}
  </div></div>`;
}
