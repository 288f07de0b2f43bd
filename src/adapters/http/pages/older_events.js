// Counts the older events that are not shown, and loads the newest of them on request.

import { getJson, wholeUrl } from "./api.js";

const PAGE = 500;

export class OlderEvents {
  constructor({ panel, count, load, whole, view, tried }) {
    Object.assign(this, { panel, count, load, whole, view });
    this.clear();
    view.onOlder = (older) => this.#show(older);
    load.addEventListener("click", () => tried(() => this.#load()));
  }

  watch(watched) {
    this.watched = watched;
    this.whole.href = wholeUrl(watched);
    this.whole.textContent = watched.kind === "tasks" ? "the whole output" : "export them all";
  }

  clear() {
    this.received = 0;
    this.lastId = "";
    /** For every PAGE-th event, the id of the event before it: the cursor of its page. */
    this.marks = [];
    this.#show(0);
  }

  /** Counts an event that was received; returns how many came before it. */
  place(id) {
    if (this.received % PAGE === 0) this.marks.push(this.lastId);
    this.lastId = id;
    return this.received++;
  }

  #show(older) {
    this.older = older;
    this.panel.hidden = older === 0;
    this.count.textContent =
      older === 1 ? "1 older event is not shown" : `${older.toLocaleString()} older events are not shown`;
  }

  async #load() {
    const { older, marks, watched } = this;
    const page = Math.max(0, Math.floor(older / PAGE) - 1);
    const start = page * PAGE;
    const from = page === 0 ? "replay=all" : `after=${encodeURIComponent(marks[page])}`;
    this.view.keep(older - start);
    this.load.disabled = true;
    try {
      const path = `/${watched.kind}/${encodeURIComponent(watched.id)}/events`;
      const { items } = await getJson(`${path}?${from}&limit=${older - start}`);
      // Unless another session or task is shown by now, or more rows were dropped.
      if (this.marks === marks && this.older === older) this.view.prepend(items, start);
    } finally {
      this.load.disabled = false;
    }
  }
}
