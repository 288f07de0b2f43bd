// Wires the page: choose a session, watch it, submit to it, answer what it asks.

import { getJson, postJson } from "./api.js";
import { AsksView } from "./asks_view.js";
import { EventView } from "./event_view.js";
import { LiveTasks } from "./live_tasks.js";
import { OpenAsks } from "./open_asks.js";
import { SessionList } from "./session_list.js";
import { TaskControls } from "./task_controls.js";
import { Watch } from "./watch.js";

const REFRESH_MS = 15000;
const STATES = { off: "not watching", connecting: "connecting …", live: "live" };
const at = (id) => document.getElementById(id);

const view = new EventView(at("events"), at("to-end"));
const asksView = new AsksView({
  panel: at("asks-panel"),
  list: at("asks"),
  count: at("asks-count"),
  news: at("asks-news"),
  problem: at("asks-problem"),
  elsewhere: at("task"),
});
const controls = new TaskControls({
  state: at("task-state"),
  rest: at("rest"),
  cancel: at("cancel"),
  tried,
});
const asks = new OpenAsks({ onChange: showAsks, onAnswered: (...told) => asksView.tell(...told) });
const live = new LiveTasks(showLive);
const sessions = new SessionList({
  list: at("sessions"),
  empty: at("no-sessions"),
  onChoose: choose,
});
const watch = new Watch({ onEvent: take, onReset: clear, onState: showState });

function take(event) {
  view.add(event);
  live.count(event);
  asks.take(event);
}

function showLive() {
  const task = live.oldest;
  controls.show(task, task !== undefined && asks.waits(task.id));
  refreshSoon();
}

function showAsks() {
  asksView.show(asks.asks);
  showLive();
}

function clear() {
  view.clear();
  live.clear();
  asks.clear();
  asksView.clear();
}

function showState(state) {
  at("connection").dataset.state = state;
  at("connection").textContent = STATES[state];
}

function choose(sessionId) {
  if (sessions.chosen === sessionId && watch.source) return;
  clear();
  sessions.choose(sessionId);
  at("session-name").textContent = sessionId;
  at("session-id").value = sessionId;
  history.replaceState(null, "", `#${encodeURIComponent(sessionId)}`);
  watch.start(sessionId);
}

function chooseNone() {
  watch.stop();
  clear();
  sessions.choose(null);
  at("session-name").textContent = "A new session";
  at("session-id").value = "";
  history.replaceState(null, "", location.pathname);
  at("task").focus();
}

async function submit() {
  const body = { task: at("task").value };
  if (at("agent").value) body.agent = at("agent").value;
  if (at("session-id").value) body.session_id = at("session-id").value;
  const submitted = await postJson("/tasks", body);
  at("task").value = "";
  choose(submitted.session_id);
  refreshSoon();
}

async function fillAgents() {
  const { items } = await getJson("/agents");
  const options = items.map((agent) => new Option(agent.name, agent.name));
  at("agent").replaceChildren(new Option("default", ""), ...options);
}

/** Says while the agents cannot be had, and asks again until they can. */
async function showAgents() {
  try {
    await fillAgents();
    at("agents-problem").hidden = true;
  } catch (error) {
    at("agents-problem").textContent = `The agents cannot be listed: ${error.message}`;
    at("agents-problem").hidden = false;
    setTimeout(showAgents, REFRESH_MS);
  }
}

/** Does it, and says so if it went wrong. */
async function tried(work) {
  try {
    await work();
    at("problem").hidden = true;
  } catch (error) {
    at("problem").textContent = error.message;
    at("problem").hidden = false;
  }
}

let refreshing = null;
function refreshSoon() {
  refreshing ??= setTimeout(() => {
    refreshing = null;
    if (!document.hidden) sessions.refresh().catch(() => {});
  }, 300);
}

at("submit").addEventListener("submit", (event) => {
  event.preventDefault();
  at("send").disabled = true;
  tried(submit).finally(() => { at("send").disabled = false; });
});
at("task").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("submit").requestSubmit();
});
at("new-session").addEventListener("click", chooseNone);
setInterval(refreshSoon, REFRESH_MS);
if (matchMedia("(max-width: 44rem)").matches) at("sessions-panel").open = false;
showAgents();
tried(() => sessions.refresh());
if (location.hash.length > 1) choose(decodeURIComponent(location.hash.slice(1)));
