// Requests to the server; its problem details become errors whose message can be shown.

const API = "/api/v1";

export function getJson(path) {
  return call(path, { headers: { Accept: "application/json" } });
}

export function postJson(path, body) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** The stream of a session, which need not exist yet, or of a task, which ends with the task. */
export function streamUrl({ kind, id }, after) {
  const query = new URLSearchParams(after ? { after } : { replay: "all" });
  if (kind === "tasks") return `${API}/tasks/${encodeURIComponent(id)}/events?${query}`;
  query.set("session_id", id);
  return `${API}/sse?${query}`;
}

/** A download: the events of a session, one a line, or the output of a task's program. */
export function wholeUrl({ kind, id }) {
  return `${API}/${kind}/${encodeURIComponent(id)}/${kind === "tasks" ? "log" : "export"}`;
}

/** Throws an Error, with the `status` of the response if there was one. */
async function call(path, options) {
  let response;
  try {
    response = await fetch(API + path, options);
  } catch {
    throw new Error("The server cannot be reached.");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const error = new Error(answer.detail || `The server answered ${response.status}.`);
  throw Object.assign(error, { status: response.status });
}
