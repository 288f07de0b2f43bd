// Calls the server and turns its problem details into errors that can be shown.

const API = "/api/v1";

export function getJson(path) {
  return call(path, {});
}

export function postJson(path, body) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

export function streamUrl(sessionId, after) {
  const query = new URLSearchParams({ session_id: sessionId });
  if (after) query.set("after", after);
  else query.set("replay", "all");
  return `${API}/sse?${query}`;
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(API + path, options);
  } catch {
    throw new Error("The server cannot be reached.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail || `The server answered ${response.status}.`);
  return answer;
}
