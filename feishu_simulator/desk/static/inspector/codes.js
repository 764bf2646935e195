// Sentences for the codes of refusals.
import { all, say } from "../words.js";

const SUB_CODE = /ErrCode: ?(\d+)/;

function known(code) {
  const exact = `code_${code}`;
  const family = `code_${String(code).slice(0, 3)}xxx`;
  return [exact, family].find((key) => key in all.en);
}

/** What a code means, with the card service's own code out of 230099's text; "" for unknown ones. */
export function meaningOf(code, msg = "") {
  const sub = SUB_CODE.exec(msg)?.[1];
  const keys = [known(code), sub && known(sub)].filter(Boolean);
  return keys.map((key) => say(key)).join(" ");
}
