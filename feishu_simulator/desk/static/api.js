// Requests to the simulator. Every answer is JSON; a refusal is thrown with its reason.

async function answerOf(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `HTTP ${response.status}`);
  return answer;
}

/** Do something as a person: see desk/actions.py for names and fields. */
export async function act(name, fields = {}) {
  const response = await fetch(`/desk/do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Desk": "1" },
    body: JSON.stringify(fields),
  });
  return answerOf(response);
}

/** Send a file (a Blob); fields: person, chat_id and, where they apply, reply_to, in_thread, duration. */
export async function upload(blob, name, fields) {
  const query = new URLSearchParams({ ...fields, name });
  const response = await fetch(`/desk/upload?${query}`, {
    method: "POST",
    headers: { "Content-Type": blob.type || "application/octet-stream", "X-Desk": "1" },
    body: blob,
  });
  return answerOf(response);
}

/** What went over the wire for a message; calls only those after the serial `since`. */
export async function wireOf(messageId, since) {
  return answerOf(await fetch(`/desk/wire/${messageId}?since=${since}`));
}

/** A request to the model with its answer; the last ones, newest first. */
export const exchangeOf = async (number) => answerOf(await fetch(`/desk/exchange/${number}`));
export const exchangesOf = async () => answerOf(await fetch("/desk/exchanges"));

/** Replace everything by a scene (a Blob of JSON); where it is saved from. */
export async function openScene(blob) {
  const headers = { "Content-Type": "application/json", "X-Desk": "1" };
  return answerOf(await fetch("/desk/scene", { method: "POST", headers, body: blob }));
}
export const SCENE_URL = "/desk/scene";

/** The address of an image or file by its key. */
export const fileUrl = (key) => `/desk/files/${encodeURIComponent(key)}`;
