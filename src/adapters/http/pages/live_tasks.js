// Which tasks of the watched session have begun or wait to, and have not ended.

import { isFinal } from "./event_kinds.js";

export class LiveTasks {
  constructor(onChange) {
    this.onChange = onChange;
    this.tasks = new Set();
  }

  clear() {
    this.tasks.clear();
    this.onChange();
  }

  count(event) {
    if (event.event_type === "task_queued") this.tasks.add(event.task_id);
    else if (isFinal(event.event_type)) this.tasks.delete(event.task_id);
    else if (event.event_type !== "task_started") return;
    this.onChange();
  }

  /** A session works on its tasks one after the other: the oldest is the one at work. */
  get oldest() {
    return this.tasks.values().next().value;
  }
}
