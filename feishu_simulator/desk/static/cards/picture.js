// A picture that can be looked at in full, and a mark where it can't be loaded.
import { html, render, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { useCard } from "./context.js";
import { Icon } from "./icons.js";

/** canPreview: pressing it shows it in front of everything. */
export function Picture({ src, alt = "", title, canPreview = true, className = "", style }) {
  useCard();
  const [failed, fail] = useState("");
  if (failed === src) {
    return html`<span class="c-picture-missing">
      <${Icon} token="image_outlined" />${alt || say("card_no_image")}
    </span>`;
  }
  const image = html`<img
    class=${className} style=${style} src=${src} alt=${alt} title=${title ?? (alt || undefined)}
    onError=${() => fail(src)}
  />`;
  if (!canPreview) return image;
  return html`<button
    type="button" class="c-picture" aria-label=${`${say("card_enlarge")} ${alt}`}
    onClick=${() => enlarge(src, alt)}
  >${image}</button>`;
}

function enlarge(src, alt) {
  const place = document.createElement("div");
  document.body.append(place);
  const close = () => {
    render(null, place);
    place.remove();
  };
  render(
    html`<dialog class="c-preview" aria-label=${alt || say("card_enlarge")} onClose=${close}>
      <button type="button" aria-label=${say("card_close")} onClick=${close}>
        <img src=${src} alt=${alt} />
      </button>
    </dialog>`,
    place,
  );
  place.firstElementChild.showModal();
}
