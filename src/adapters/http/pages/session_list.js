// The list of sessions, newest first.

import { getJson } from "./api.js";

export class SessionList {
  constructor({ list, empty, onChoose }) {
    this.list = list;
    this.empty = empty;
    this.onChoose = onChoose;
    this.chosen = null;
  }

  choose(sessionId) {
    this.chosen = sessionId;
    this.#mark();
  }

  async refresh() {
    const page = await getJson("/sessions?limit=100");
    this.empty.hidden = page.items.length > 0;
    const focused = document.activeElement?.dataset?.session;
    this.list.replaceChildren(...page.items.map((session) => this.#item(session)));
    this.#mark();
    this.#buttons().find((button) => button.dataset.session === focused)?.focus();
  }

  #item(session) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.session = session.session_id;
    button.title = session.session_id;
    button.textContent = session.title || session.session_id;
    const state = document.createElement("small");
    state.className = session.status;
    const changed = new Date(session.updated_at).toLocaleString();
    state.textContent = `${session.status}, ${session.last_seq} events, ${changed}`;
    button.append(state);
    button.addEventListener("click", () => this.onChoose(session.session_id));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  #mark() {
    for (const button of this.#buttons()) {
      button.setAttribute("aria-current", String(button.dataset.session === this.chosen));
    }
  }

  #buttons() {
    return [...this.list.querySelectorAll("button")];
  }
}
