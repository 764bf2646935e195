// What the platform did without saying so, or is about to do.
import { html } from "../vendor/preact-htm.js";
import { say } from "../words.js";

const TONES = { streaming: "info", reaction: "info", recalled: "info" };

export function Warnings({ wire }) {
  const warnings = [...wire.warnings, ...ofCalls(wire.calls)];
  if (warnings.length === 0) return null;
  return html`<ul class="wire-warnings">
    ${warnings.map((warning) => html`<li key=${warning.kind + (warning.event_id ?? "")}
      class=${TONES[warning.kind] ?? "warn"}>${sentence(warning)}</li>`)}
  </ul>`;
}

/** Broken limits that nobody enforced, and refusals, counted. */
function ofCalls(calls) {
  const over = calls.filter((call) => call.limit && !call.code).length;
  const refused = calls.filter((call) => call.code).length;
  const lost = calls.filter((call) => call.status === 0).length;
  return [
    over && { kind: "over_limit", calls: over },
    refused && { kind: "refused", calls: refused },
    lost && { kind: "lost", calls: lost },
  ].filter(Boolean);
}

function sentence({ kind, why, ...values }) {
  if (kind === "not_pushed") return say(`warning_${why}`);
  if (kind === "push_again") return say("warning_push_again", { wait: duration(values.seconds) });
  if (kind === "slow_answer") return say("warning_slow_answer", { ms: Math.round(values.seconds * 1000) });
  if (kind === "nearly_full") {
    const [kb, most] = [values.bytes, values.most].map((bytes) => (bytes / 1024).toFixed(1));
    return say("warning_nearly_full", { kb, most });
  }
  return say(`warning_${kind}`, values);
}

function duration(seconds) {
  if (seconds >= 3600) return say("wire_hours", { count: seconds / 3600 });
  if (seconds >= 60) return say("wire_minutes", { count: seconds / 60 });
  return say("wire_seconds", { count: seconds });
}
