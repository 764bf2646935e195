// A question in front of everything, for components with `confirm`.
import { html, render } from "../vendor/preact-htm.js";
import { say } from "../words.js";

/** Resolves to true when the person agrees. */
export function ask(title, text) {
  return new Promise((resolve) => {
    const place = document.createElement("div");
    document.body.append(place);
    const answer = (agreed) => {
      render(null, place);
      place.remove();
      resolve(agreed);
    };
    render(
      html`<dialog class="c-ask" aria-labelledby="ask-title" onClose=${() => answer(false)}>
        <h2 id="ask-title">${title}</h2>
        <p>${text}</p>
        <div class="c-ask-buttons">
          <button type="button" class="c-btn c-btn-default" onClick=${() => answer(false)}>
            ${say("card_cancel")}
          </button>
          <button type="button" class="c-btn c-btn-primary_filled" onClick=${() => answer(true)}>
            ${say("card_agree")}
          </button>
        </div>
      </dialog>`,
      place,
    );
    place.firstElementChild.showModal();
  });
}
