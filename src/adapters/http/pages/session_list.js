// The list of sessions, newest first, with the newest tasks of the one that is shown.

import { getJson } from "./api.js";
import { pathTo } from "./address.js";
import { element } from "./element.js";
import { visibleProse } from "./visible_text.js";

const PAGE = 100;
const TASKS = 20;

export class SessionList {
  constructor({ list, empty, older }) {
    Object.assign(this, { list, empty, older });
    this.session = "";
    this.shown = "";
    this.pages = 1;
    this.drawn = "";
  }

  /** `session` is the id of the session whose tasks are listed, `shown` the path of the page. */
  choose(session, shown) {
    this.session = session;
    this.shown = shown;
    this.#mark();
  }

  async refresh() {
    const { session, pages } = this;
    const [found, tasks] = await Promise.all([sessions(pages), session ? tasksOf(session) : []]);
    const drawn = JSON.stringify([session, found, tasks]);
    // Unchanged links stay: one that is replaced between mousedown and mouseup gets no click.
    if (session !== this.session || drawn === this.drawn) return;
    this.drawn = drawn;
    this.empty.hidden = found.items.length > 0;
    this.older.hidden = !found.next_cursor;
    const focused = document.activeElement?.getAttribute("href");
    this.list.replaceChildren(
      ...found.items.map((one) => sessionItem(one, one.session_id === session ? tasks : [])),
    );
    this.#mark();
    if (!document.activeElement || document.activeElement === document.body) {
      this.#links().find((link) => link.getAttribute("href") === focused)?.focus();
    }
  }

  async showOlder() {
    this.pages += 1;
    await this.refresh();
  }

  #mark() {
    for (const link of this.#links()) {
      const isShown = link.getAttribute("href") === this.shown;
      link.setAttribute("aria-current", isShown ? "page" : String(link.dataset.session === this.session));
    }
  }

  #links() {
    return [...this.list.querySelectorAll("a")];
  }
}

async function sessions(pages) {
  let found = { items: [] };
  for (let page = 0; page < pages && (page === 0 || found.next_cursor); page++) {
    const cursor = found.next_cursor ? `&cursor=${encodeURIComponent(found.next_cursor)}` : "";
    const next = await getJson(`/sessions?limit=${PAGE}${cursor}`);
    found = { ...next, items: [...found.items, ...next.items] };
  }
  return found;
}

async function tasksOf(session) {
  return (await getJson(`/tasks?session_id=${encodeURIComponent(session)}&limit=${TASKS}`)).items;
}

function sessionItem(session, tasks) {
  const state = stateOf(session);
  const changed = new Date(session.updated_at).toLocaleString();
  const link = item(session.title || session.session_id, state, `${session.last_seq} events, ${changed}`);
  link.href = pathTo({ kind: "sessions", id: session.session_id });
  link.title = session.session_id;
  link.dataset.session = session.session_id;
  const made = element("li", "");
  made.append(link);
  if (tasks.length > 0) made.append(taskList(tasks));
  return made;
}

/** An idle session shows the status of its newest task. With a paused task its status is running. */
function stateOf({ status, last_task_status: last }) {
  if (status === "idle") return last ?? "empty";
  return last === "paused" ? last : status;
}

function taskList(tasks) {
  const list = element("ul", "tasks");
  list.setAttribute("aria-label", "Tasks of this session, newest first");
  list.append(...tasks.map(taskItem));
  return list;
}

function taskItem(task) {
  const link = item(task.task.slice(0, 200), task.status, task.error ?? task.reason ?? "");
  link.href = pathTo({ kind: "tasks", id: task.task_id });
  link.title = task.error ?? task.task_id;
  const made = element("li", "");
  made.append(link);
  return made;
}

function item(name, state, more) {
  const link = element("a", "");
  const line = element("small", "");
  line.append(element("span", `state ${state}`, state), more ? `, ${visibleProse(more)}` : "");
  link.append(element("span", "name", visibleProse(name)), line);
  return link;
}
