// The live stream. A hidden tab lets go of it: browsers allow few connections to one server.
import { reset, setConnected, take } from "./store.js";

let source = null;

function open() {
  if (source) return;
  source = new EventSource("/desk/live");
  let isFirst = true;
  source.onopen = () => {
    isFirst = true;
    setConnected(true);
  };
  source.onmessage = (event) => {
    if (isFirst) reset();
    isFirst = false;
    take(JSON.parse(event.data));
  };
  source.onerror = () => setConnected(false);
}

function close() {
  source?.close();
  source = null;
}

/** Follow the event stream while the tab is visible. */
export function follow() {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
