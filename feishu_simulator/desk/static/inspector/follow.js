// What the inspector knows of a message, kept up to date while it is shown.
import { wireOf } from "../api.js";
import { useEffect, useState } from "../vendor/preact-htm.js";
import { store, watch } from "../store.js";

// At most four times a second, however much goes over the wire.
const REST_MS = 250;

/** The wire of a message: null until it is known, {error} when there is none. */
export function useWire(messageId) {
  const [wire, setWire] = useState(null);
  useEffect(() => {
    setWire(null);
    return messageId ? follow(messageId, setWire) : undefined;
  }, [messageId]);
  return wire;
}

function follow(messageId, tell) {
  let known = null;
  let seen = "";
  let isBusy = false;
  let isOver = false;
  // What a refetch depends on: a call or a request anywhere, or anything about the message.
  let last = null;
  const isStale = () => last?.calls !== store.calls || last?.exchanges !== store.exchanges
    || last?.message !== store.messages.get(messageId);

  async function read() {
    if (isBusy || isOver || !isStale()) return;
    isBusy = true;
    last = { calls: store.calls, exchanges: store.exchanges, message: store.messages.get(messageId) };
    try {
      known = merged(known, await latest(messageId, known));
      const text = JSON.stringify(known);
      if (!isOver && text !== seen) tell(known);
      seen = text;
    } catch (error) {
      if (!isOver) tell({ error: error.message });
      known = null;
      seen = "";
    }
    setTimeout(() => {
      isBusy = false;
      read();
    }, REST_MS);
  }

  const unwatch = watch(read);
  read();
  return () => {
    isOver = true;
    unwatch();
  };
}

/** New calls only; but everything once more when another answer or card belongs to it by now. */
async function latest(messageId, known) {
  const wire = await wireOf(messageId, known?.serial ?? 0);
  const isWhole = !known || wire.serial < known.serial || String(wire.subjects) !== String(known.subjects);
  return known && isWhole ? { ...(await wireOf(messageId, 0)), isWhole } : { ...wire, isWhole };
}

function merged(known, wire) {
  return wire.isWhole ? wire : { ...wire, calls: [...known.calls, ...wire.calls] };
}
