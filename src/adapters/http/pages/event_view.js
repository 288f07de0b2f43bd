// Shows events as rows of text, and stays at the end unless the reader has scrolled up.

import { element, link } from "./element.js";
import { kindOf } from "./event_kinds.js";
import { hasRow, isFolded, labelOf, rowOf, textOf } from "./event_text.js";

const MAX_ROWS = 5000;
const GATHER_MS = 30;
const NEAR_END_PX = 40;

export class EventView {
  constructor(list, toEnd) {
    this.list = list;
    this.toEnd = toEnd;
    this.pending = [];
    this.rows = new Map();
    this.timer = null;
    this.follows = true;
    list.addEventListener("scroll", () => this.#scrolled());
    toEnd.addEventListener("click", () => this.#goToEnd());
    this.height = list.clientHeight;
    new ResizeObserver(() => this.#resized()).observe(list);
  }

  clear() {
    this.pending = [];
    this.rows.clear();
    this.list.replaceChildren();
    this.#goToEnd();
  }

  /** Rows are gathered for a moment: a burst of thousands is then one change of the page. */
  add(event) {
    this.pending.push(event);
    if (this.pending.length > MAX_ROWS) this.pending.shift();
    this.timer ??= setTimeout(() => this.#show(), GATHER_MS);
  }

  #show() {
    this.timer = null;
    const fresh = document.createDocumentFragment();
    for (const event of this.pending.splice(0)) this.#place(event, fresh);
    this.list.append(fresh);
    while (this.list.childElementCount > MAX_ROWS) this.#dropFirst();
    if (this.follows) this.#goToEnd();
    else this.toEnd.hidden = false;
  }

  #place(event, fresh) {
    if (!hasRow(event)) return;
    const joined = rowOf(event);
    const known = joined && this.rows.get(joined.key);
    if (known && joined.adds) known.append(textOf(event));
    else if (known) complete(known, textOf(event));
    else fresh.append(this.#row(event, joined));
    if (joined?.ends) this.rows.delete(joined.key);
  }

  #row(event, joined) {
    const text = element("span", "text", textOf(event));
    if (event.output_url?.startsWith("/api/")) text.append(" ", link(event.output_url, "all of it"));
    const shown = isFolded(event) ? folded(text) : text;
    const row = element("li", kindOf(event.event_type) ?? "");
    row.append(time(event), element("span", "type", labelOf(event)), shown);
    if (joined) {
      row.dataset.key = joined.key;
      this.rows.set(joined.key, text);
    }
    return row;
  }

  #dropFirst() {
    const first = this.list.firstElementChild;
    this.rows.delete(first.dataset.key);
    first.remove();
  }

  #resized() {
    this.height = this.list.clientHeight;
    if (this.follows) this.#goToEnd();
  }

  #scrolled() {
    // Another height moves the text as well, which is no wish of the reader's.
    if (this.list.clientHeight !== this.height) return;
    const below = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight;
    this.follows = below < NEAR_END_PX;
    if (this.follows) this.toEnd.hidden = true;
  }

  #goToEnd() {
    this.follows = true;
    this.toEnd.hidden = true;
    this.list.scrollTop = this.list.scrollHeight;
  }
}

/** What is there already stays, also a beginning that was given up. */
function complete(known, text) {
  if (!known.textContent.endsWith(text)) known.textContent = text;
}

function folded(text) {
  const fold = document.createElement("details");
  fold.append(element("summary", "", "reasoning"), text);
  return fold;
}

function time(event) {
  const shown = element("time", "", new Date(event.timestamp).toLocaleTimeString());
  shown.dateTime = event.timestamp;
  shown.title = event.timestamp;
  return shown;
}
