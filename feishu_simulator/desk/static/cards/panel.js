// Panels that fold. Who folds one keeps it so; until then it follows the card.
import { html, useState } from "../vendor/preact-htm.js";
import { classes } from "./classes.js";
import { background, border } from "./colours.js";
import { useCard } from "./context.js";
import { Elements } from "./element.js";
import { PartIcon } from "./icons.js";
import { arrangement, lengths } from "./measures.js";
import { Text } from "./text.js";

const POSITIONS = new Set(["left", "right", "follow_text"]);
const ARROW = { tag: "standard_icon", token: "down-small-ccm_outlined" };

export function Panel({ part }) {
  const card = useCard();
  const [own, set] = useState(null);
  const isOpen = own ?? part.expanded === true;
  const header = part.header ?? {};
  const place = POSITIONS.has(header.icon_position) ? header.icon_position : "right";
  const angle = Number(header.icon_expanded_angle ?? 180);
  const turned = isOpen ? `rotate(${angle || 0}deg)` : undefined;
  const icon = html`<span class="c-panel-icon" style=${{ transform: turned }}>
    <${PartIcon} icon=${header.icon ?? ARROW} />
  </span>`;
  const radius = lengths(part.border?.corner_radius);
  const isFitted = header.width === "auto" || (header.width === "auto_when_fold" && !isOpen);
  const headStyle = {
    background: background(header.background_color, card.colours),
    padding: lengths(header.padding) ?? (part.border || header.background_color ? "4px 8px" : "4px 0"),
    width: isFitted ? "fit-content" : undefined,
  };
  const style = {
    borderColor: part.border ? border(part.border.color, card.colours) ?? "var(--line)" : undefined,
    borderRadius: radius,
    background: background(part.background_color, card.colours),
    width: isFitted && !isOpen ? "fit-content" : undefined,
  };
  const body = arrangement(part, { padding: part.border ? "8px" : "8px 0" });
  return html`<div class=${classes("c-panel", part.border && "c-panel-bordered")} style=${style}>
    <button
      type="button" class=${`c-panel-head c-panel-icon-${place}`} style=${headStyle} aria-expanded=${isOpen}
      onClick=${() => set(!isOpen)}
    >
      ${place === "left" && icon}
      <${Text} text=${header.title} isWhole=${true} />
      ${place !== "left" && icon}
    </button>
    <div class="c-panel-body c-stack" style=${body} hidden=${!isOpen}>
      <${Elements} list=${part.elements} />
    </div>
  </div>`;
}
