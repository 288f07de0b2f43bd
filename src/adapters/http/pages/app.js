// Connects the parts of the page: routing, the stream, the form, approvals and questions.

import { Address, NOTHING, pathTo } from "./address.js";
import { getJson, postJson } from "./api.js";
import { AsksView } from "./asks_view.js";
import { EventView } from "./event_view.js";
import { LiveTasks } from "./live_tasks.js";
import { OlderEvents } from "./older_events.js";
import { OpenAsks } from "./open_asks.js";
import { SessionList } from "./session_list.js";
import { TaskControls } from "./task_controls.js";
import { TaskPanel } from "./task_panel.js";
import { Watch } from "./watch.js";

const REFRESH_MS = 15000;
const STATES = {
  off: "not watching",
  connecting: "connecting …",
  live: "live",
  suspended: "suspended while this tab is hidden",
  task_finished: "the task has ended",
  session_deleted: "the session was deleted",
  auth_expired: "the login has expired",
};
const at = (id) => document.getElementById(id);

const view = new EventView(at("events"), at("to-end"));
const older = new OlderEvents({
  panel: at("older"),
  count: at("older-count"),
  load: at("older-load"),
  whole: at("older-whole"),
  view,
  tried,
});
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
  pause: at("pause"),
  cancel: at("cancel"),
  tried,
});
const asks = new OpenAsks({
  onChange: showAsks,
  onAnswered: (key, asked, answer) => asksView.announce(key, asked, answer),
});
const live = new LiveTasks(showLive);
const sessions = new SessionList({
  list: at("sessions"),
  empty: at("no-sessions"),
  older: at("older-sessions"),
});
const panel = new TaskPanel({ panel: at("task-panel"), facts: at("task-facts") });
const watch = new Watch({ onEvent: receive, onReset: clear, onState: showState });
const address = new Address(show);
let shown = NOTHING;

function receive(event, id) {
  if (older.received === 0) note("");
  view.add(event, older.place(id));
  live.apply(event);
  asks.apply(event);
}

function showLive() {
  const task = live.oldest;
  controls.show(task, task !== undefined && asks.isWaiting(task.id));
  refreshSoon();
}

function showAsks() {
  asksView.show(asks.asks);
  showLive();
}

function clear() {
  view.clear();
  older.clear();
  live.clear();
  asks.clear();
  asksView.clear();
}

function showState(state) {
  at("connection").dataset.state = state;
  at("connection").textContent = STATES[state] ?? state;
  const name = shown.id + (state === "suspended" ? " (suspended)" : "");
  document.title = name ? `${name} - Agentcast` : "Agentcast";
  if (state === "live") refreshSoon();
}

function note(text) {
  at("note").textContent = text;
  at("note").hidden = !text;
}

/** Called at each navigation. Does nothing if that is being watched already. */
function show(named) {
  if (named.kind && pathTo(named) === pathTo(shown) && watch.watched) return;
  shown = named;
  watch.stop();
  clear();
  note("");
  panel.hide();
  at("session-name").textContent = named.kind ? named.id : "A new session";
  setSession(named.kind === "sessions" ? named.id : "");
  if (!named.kind) return;
  older.watch(named);
  watch.start(named);
  tried(check);
}

function setSession(id) {
  at("session-id").value = id;
  sessions.choose(id, pathTo(shown));
  refreshSoon();
}

/** Shows a note if there is no such session or task, and the panel of a task. */
async function check() {
  const named = shown;
  let found;
  try {
    found = await getJson(pathTo(named));
  } catch (error) {
    if (error.status !== 404) throw error;
    if (named === shown) showUnknown(named);
    return;
  }
  if (named !== shown || named.kind !== "tasks") return;
  panel.show(found);
  if (at("session-id").value !== found.session_id) setSession(found.session_id);
}

function showUnknown({ kind, id }) {
  if (kind === "tasks") {
    watch.stop();
    note(`There is no task ${id}.`);
  } else if (at("session-id").validity.valid) {
    note(`There is no session ${id} yet. The first task that is submitted to it begins it.`);
  } else {
    watch.stop();
    at("session-id").value = "";
    note(`${id} cannot be the name of a session.`);
  }
}

async function submit() {
  const body = { task: at("task").value };
  if (at("agent").value) body.agent = at("agent").value;
  if (at("session-id").value) body.session_id = at("session-id").value;
  const submitted = await postJson("/tasks", body);
  at("task").value = "";
  address.go({ kind: "sessions", id: submitted.session_id });
  refreshSoon();
}

async function fillAgents() {
  const { items } = await getJson("/agents");
  const options = items.map((agent) => new Option(agent.name, agent.name));
  at("agent").replaceChildren(new Option("default", ""), ...options);
}

/** Retries until the agents can be listed, and shows the problem meanwhile. */
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

/** Runs `work`, and shows its error if it fails. */
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
    if (document.hidden) return;
    sessions.refresh().catch(() => {});
    if (panel.isShown) check().catch(() => {});
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
at("new-session").addEventListener("click", () => {
  address.go(NOTHING);
  at("task").focus();
});
at("older-sessions").addEventListener("click", () => tried(() => sessions.showOlder()));
setInterval(refreshSoon, REFRESH_MS);
document.addEventListener("visibilitychange", refreshSoon);
if (matchMedia("(max-width: 44rem)").matches) at("sessions-panel").open = false;
showAgents();
tried(() => sessions.refresh());
address.visit();
