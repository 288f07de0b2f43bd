// Shows events as rows of text, and stays at the end unless the reader has scrolled up.

import { element, link } from "./element.js";
import { kindOf } from "./event_kinds.js";
import { hasRow, isFolded, labelOf, outputKey, rowOf, textOf } from "./event_text.js";
import { pathTo } from "./address.js";

const MAX_ROWS = 5000;
const GATHER_MS = 30;
const NEAR_END_PX = 40;
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export class EventView {
  constructor(list, toEnd) {
    this.list = list;
    this.toEnd = toEnd;
    /** Called with the number of events before the first one shown. */
    this.onOlder = () => {};
    this.pending = [];
    this.rows = new Map();
    this.timer = null;
    this.follows = true;
    this.mostRows = MAX_ROWS;
    list.addEventListener("scroll", () => this.#scrolled());
    toEnd.addEventListener("click", () => this.#goToEnd());
    this.size = sizeOf(list);
    new ResizeObserver(() => this.#resized()).observe(list);
  }

  clear() {
    this.pending = [];
    this.rows.clear();
    this.list.replaceChildren();
    this.#goToEnd();
  }

  /**
   * Rows are added in batches, so that a burst of thousands changes the page a few times only.
   * `place` is the number of events before this one.
   */
  add(event, place) {
    this.pending.push([event, place]);
    this.timer ??= setTimeout(() => this.#show(), GATHER_MS);
  }

  /** Make room for that many more rows, until the reader goes back to the end. */
  keep(rows) {
    this.follows = false;
    this.mostRows += rows;
  }

  /** Insert the events just before the first one shown, and scroll to them. */
  prepend(events, place) {
    const first = this.list.firstElementChild;
    this.list.prepend(made(events.map((event, at) => [event, place + at]), new Map()));
    this.onOlder(place);
    this.follows = false;
    this.toEnd.hidden = false;
    this.list.scrollTop = first.offsetTop - this.list.clientHeight;
  }

  #show() {
    this.timer = null;
    this.#append();
    if (this.follows) this.#goToEnd();
    else this.toEnd.hidden = false;
  }

  #append() {
    this.list.append(made(this.pending.splice(0), this.rows));
    const tooMany = this.list.childElementCount - this.mostRows;
    if (tooMany <= 0) return;
    for (let row = 0; row < tooMany; row++) this.#dropFirst();
    this.onOlder(Number(this.list.firstElementChild.dataset.place));
  }

  #dropFirst() {
    const first = this.list.firstElementChild;
    if (first.contains(this.rows.get(first.dataset.key) ?? null)) this.rows.delete(first.dataset.key);
    first.remove();
  }

  #resized() {
    this.size = sizeOf(this.list);
    if (this.follows) this.#goToEnd();
  }

  #scrolled() {
    // Resizing scrolls too: that is not the reader's doing.
    if (sizeOf(this.list) !== this.size) return;
    const below = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight;
    if (below < NEAR_END_PX) this.#follow();
    else this.follows = false;
  }

  #goToEnd() {
    this.#follow();
    this.list.scrollTop = this.list.scrollHeight;
  }

  #follow() {
    this.follows = true;
    this.mostRows = MAX_ROWS;
    this.toEnd.hidden = true;
  }
}

function sizeOf({ clientWidth, clientHeight }) {
  return `${clientWidth} ${clientHeight}`;
}

/** New rows; an event that extends a row of `rows`, which are by their keys, makes none. */
function made(placed, rows) {
  const fresh = document.createDocumentFragment();
  for (const [event, place] of placed) {
    if (!hasRow(event)) continue;
    const joined = rowOf(event);
    const known = joined && rows.get(joined.key);
    if (known && joined.adds) known.append(textOf(event));
    else if (known) complete(known, textOf(event));
    else fresh.append(row(event, place, joined, rows));
    if (joined?.ends) rows.delete(joined.key);
  }
  return fresh;
}

function row(event, place, joined, rows) {
  const text = element("span", "text", textOf(event, rows.get(outputKey(event))?.textContent));
  if (event.output_url?.startsWith("/api/")) text.append(" ", link(event.output_url, "all of it"));
  const shown = isFolded(event) ? folded(text) : text;
  const made = element("li", kindOf(event.event_type) ?? "");
  made.append(time(event), label(event), shown);
  made.dataset.place = place;
  if (joined) {
    made.dataset.key = joined.key;
    rows.set(joined.key, text);
  }
  return made;
}

/** Replaces streamed text by the complete one, unless it ends with that already. */
function complete(known, text) {
  if (!known.textContent.endsWith(text)) known.textContent = text;
}

function folded(text) {
  const fold = document.createElement("details");
  fold.append(element("summary", "", "reasoning"), text);
  return fold;
}

/** The first event of a task links to the page of the task. */
function label(event) {
  if (event.event_type !== "task_queued") return element("span", "type", labelOf(event));
  const made = element("a", "type", labelOf(event));
  made.href = pathTo({ kind: "tasks", id: event.task_id });
  made.title = event.task_id;
  return made;
}

function time(event) {
  const shown = element("time", "", TIME.format(new Date(event.timestamp)));
  shown.dateTime = event.timestamp;
  shown.title = event.timestamp;
  return shown;
}
