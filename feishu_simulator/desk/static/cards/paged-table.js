// A table that shows some rows at a time, as Feishu shows all tables in cards.
import { html, useState } from "../vendor/preact-htm.js";
import { say } from "../words.js";
import { useCard } from "./context.js";
import { Icon } from "./icons.js";

/** head: a <tr>; rows: a list of <tr>. */
export function PagedTable({ head, rows, pageSize, className = "" }) {
  useCard();
  const [wanted, turn] = useState(0);
  const pages = Math.max(1, Math.ceil(rows.length / pageSize));
  const page = Math.min(wanted, pages - 1);
  const button = (to, icon, words) => html`<button
    type="button" class="c-icon-button" aria-label=${say(words)} disabled=${to < 0 || to >= pages}
    onClick=${() => turn(to)}
  ><${Icon} token=${icon} /></button>`;
  return html`<div class=${`c-table ${className}`}>
    <div class="c-table-scroll" tabindex="0" role="group" aria-label=${say("card_table")}>
      <table>
        ${head && html`<thead>${head}</thead>`}
        <tbody>${rows.slice(page * pageSize, (page + 1) * pageSize)}</tbody>
      </table>
    </div>
    ${pages > 1 && html`<div class="c-table-pages">
      ${button(page - 1, "left_outlined", "card_page_before")}
      <span>${page + 1} / ${pages}</span>
      ${button(page + 1, "right_outlined", "card_page_after")}
    </div>`}
  </div>`;
}
