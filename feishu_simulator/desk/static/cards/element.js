// One component of a card, whichever it is, in a box that carries its margin and its names.
import { Component, html } from "../vendor/preact-htm.js";
import { kindOf } from "./components.js";
import { lengths } from "./measures.js";
import { Unknown } from "./unknown.js";

/** The components of a list. What stays the same is not drawn again; what stays keeps its state. */
export function Elements({ list }) {
  const counts = new Map();
  return (Array.isArray(list) ? list : []).map((part) => {
    const base = part?.element_id ? `#${part.element_id}` : `${part?.tag}:${part?.name ?? ""}`;
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    return html`<${Element} key=${`${base}:${count}`} part=${part} />`;
  });
}

export class Element extends Component {
  shouldComponentUpdate({ part }) {
    return part !== this.props.part && JSON.stringify(part) !== JSON.stringify(this.props.part);
  }

  componentDidCatch() {
    this.setState({ failed: this.props.part });
  }

  render({ part }, { failed }) {
    const tag = typeof part?.tag === "string" ? part.tag : "";
    const Kind = failed === part ? null : kindOf(tag);
    const width = part?.width === "fill" || /^\d+px$/.test(part?.width) ? " c-part-wide" : "";
    const style = { margin: lengths(part?.margin, -99), maxWidth: lengths(part?.width, 0) };
    return html`<div
      class=${`c-part c-part-${Kind ? tag : "unknown"}${width}`} style=${style}
      data-tag=${tag} data-element=${part?.element_id}
    ><${Kind ?? Unknown} part=${part} /></div>`;
  }
}
