// Forms: what is entered stays here until the submit button sends it all at once.
import { createContext, html, useContext } from "../vendor/preact-htm.js";
import { useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { toast } from "../toast.js";
import { say } from "../words.js";
import { showError } from "./callback.js";
import { Elements } from "./element.js";
import { arrangement } from "./measures.js";

const NAMELESS = 200530;

const FormContext = createContext(null);
export const useForm = () => useContext(FormContext);

export function Form({ part }) {
  const fields = useRef(new Set());
  const [resets, setResets] = useState(0);
  const [missing, setMissing] = useState([]);
  const form = useMemo(
    () => ({
      resets,
      missing,
      confirm: part.confirm,
      join(field) {
        fields.current.add(field);
        return () => fields.current.delete(field);
      },
      reset() {
        setMissing([]);
        setResets((count) => count + 1);
      },
      /** What was entered by name, or null when that can't be sent. */
      collect(button) {
        const all = [...fields.current];
        if (!button.name || all.some((field) => !field.part.name)) {
          showError(NAMELESS);
          return null;
        }
        const empty = all.filter((field) => field.part.required && isEmpty(field.value));
        setMissing(empty.map((field) => field.part.name));
        if (empty.length) {
          toast(say("card_required"), "error");
          empty[0].focus();
          return null;
        }
        return Object.fromEntries(all.map((field) => [field.part.name, field.value]));
      },
    }),
    [resets, missing, part.confirm],
  );
  return html`<${FormContext.Provider} value=${form}>
    <div class="c-form c-stack" role="form" aria-label=${part.name} style=${arrangement(part, { gap: 12 })}>
      <${Elements} list=${part.elements} />
    </div>
  </${FormContext.Provider}>`;
}

const isEmpty = (value) => value === "" || value === false || (Array.isArray(value) && value.length === 0);

/** {value: the person's, else the card's; set; isMissing; inForm; box: a ref around the control}. */
export function useField(part, initial) {
  const form = useForm();
  const key = JSON.stringify([initial, form?.resets]);
  const [own, setOwn] = useState(null);
  const value = own?.key === key ? own.value : initial;
  const box = useRef(null);
  const field = useRef({});
  Object.assign(field.current, {
    part,
    value,
    focus: () => box.current?.querySelector("button, input, textarea")?.focus(),
  });
  useEffect(() => form?.join(field.current), [form !== null]);
  const set = (next) => {
    field.current.value = next;
    setOwn({ key, value: next });
  };
  const isMissing = form !== null && form.missing.includes(part.name) && isEmpty(value);
  return { value, set, box, isMissing, inForm: form !== null };
}
