// What happens when a component is used: an address opens, the bot is called back ("Card callback").
import { useContext, useState } from "../vendor/preact-htm.js";
import { act } from "../api.js";
import { here } from "../here.js";
import { say } from "../words.js";
import { toast } from "../toast.js";
import { ask } from "./ask.js";
import { useCard } from "./context.js";
import { ActionContext } from "./legacy.js";
import { inLanguage, wordsOf } from "./text.js";

const KINDS = new Set(["info", "success", "warning", "error"]);
const SUBMITS = new Set(["submit", "form_submit"]);

/** {busy, use, calls}: use(extra) does what the component is for; calls says if the bot is told. */
export function useCallback(part) {
  const card = useCard();
  const isInAction = useContext(ActionContext);
  const [busy, setBusy] = useState(false);
  const calls = callsBack(part, card.isV2, isInAction);

  async function use(extra = {}) {
    if (busy || part.disabled) return;
    const { confirm } = part;
    if (confirm && !(await ask(wordsOf(confirm.title, card.lang), wordsOf(confirm.text, card.lang)))) return;
    openAddress(addressesOf(part));
    if (!calls && !extra.form_value) return;
    setBusy(true);
    try {
      const fields = { person: here.person, message_id: card.messageId, component: part, ...extra };
      showResult(await act("click", fields), card.lang);
    } catch (error) {
      toast(error.message, "error");
    } finally {
      setBusy(false);
    }
  }

  return { busy, use, calls };
}

/** "submit", "reset" or "" for a button in a form, by the name of either version. */
export function formAction(part) {
  const kind = part.form_action_type ?? part.action_type;
  if (SUBMITS.has(kind)) return "submit";
  return kind === "reset" || kind === "form_reset" ? "reset" : "";
}

/** Open an address in a tab of its own; only http and https. */
export function openAddress(given) {
  const address = given?.pc_url || given?.default_url || given?.url || "";
  if (/^https?:\/\//i.test(address)) window.open(address, "_blank", "noopener,noreferrer");
}

/** The words for an error of a callback, as Feishu's client shows them. */
export function showError(code) {
  const key = `card_error_${code}`;
  const words = say(key);
  toast(`${words === key ? say("card_error") : words} code: ${code}`, "error");
}

function callsBack(part, isV2, isInAction) {
  const behaviors = Array.isArray(part.behaviors) ? part.behaviors : [];
  if (behaviors.some((one) => one?.type === "callback")) return true;
  if (isV2) return false;
  const isLink = part.tag === "button" && part.value === undefined;
  return part.value !== undefined || (isInAction && !isLink);
}

function addressesOf(part) {
  const behaviors = Array.isArray(part.behaviors) ? part.behaviors : [];
  return behaviors.find((one) => one?.type === "open_url") ?? part.multi_url ?? { url: part.url };
}

function showResult(result, lang) {
  if (result.error_code) {
    showError(result.error_code);
    return;
  }
  const words = inLanguage(lang, result.toast?.i18n, result.toast?.content);
  if (words) toast(String(words), KINDS.has(result.toast.type) ? result.toast.type : "info");
}
