// Pictures to choose from: select_img.
import { html } from "../vendor/preact-htm.js";
import { fileUrl } from "../api.js";
import { say } from "../words.js";
import { useCallback } from "./callback.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { useField } from "./form.js";
import { Picture } from "./picture.js";
import { wordsOf } from "./text.js";

const LAYOUTS = new Set(["stretch", "bisect", "trisect"]);
const RATIOS = { "1:1": "1 / 1", "16:9": "16 / 9", "4:3": "4 / 3" };

/** Several can be chosen in forms only. Outside, a choice is sent at once, as "Image picker" shows it. */
export function SelectImage({ part }) {
  const { lang } = useCard();
  const { value, set, box, isMissing, inForm } = useField(part, part.multi_select ? [] : "");
  const { busy, use } = useCallback(part);
  const isMany = part.multi_select === true;
  const choose = (chosen) => {
    if (!isMany) set(chosen);
    else set(value.includes(chosen) ? value.filter((one) => one !== chosen) : [...value, chosen]);
    if (!inForm) use({ options: chosen });
  };
  const layout = LAYOUTS.has(part.layout) ? part.layout : "bisect";
  const style = { aspectRatio: RATIOS[part.aspect_ratio] ?? RATIOS["16:9"] };
  const options = Array.isArray(part.options) ? part.options : [];
  return html`<div
    class=${classes("c-image-choices", `c-image-choices-${layout}`, isMissing && "c-missing",
      busy && "c-busy")}
    ref=${box} role="group" aria-busy=${busy}
  >
    ${options.map((one, index) => {
      const own = String(one?.value ?? "");
      const isChosen = isMany ? value.includes(own) : value === own && own !== "";
      const isOff = part.disabled === true || one?.disabled === true;
      const tips = (isOff && (one?.disabled_tips ?? part.disabled_tips)) || one?.hover_tips;
      const words = wordsOf(tips, lang);
      return html`<div key=${index} class=${classes("c-image-choice", isChosen && "c-chosen")}>
        <button
          type="button" disabled=${isOff} aria-pressed=${isChosen} title=${words || undefined}
          aria-label=${words || `${say("card_image")} ${index + 1}`} onClick=${() => choose(own)}
        >
          <${Picture} src=${fileUrl(one?.img_key ?? "")} style=${style} canPreview=${false} title=${words} />
          ${inForm && html`<span class=${isMany ? "c-box" : "c-box c-box-round"} aria-hidden="true"></span>`}
        </button>
      </div>`;
    })}
  </div>`;
}
