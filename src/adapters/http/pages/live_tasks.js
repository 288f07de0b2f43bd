// The unfinished tasks of the watched session, queued ones included.

import { isFinal } from "./event_kinds.js";

/** Agents of these kinds can be paused. */
const CAN_PAUSE = new Set(["react"]);

export class LiveTasks {
  constructor(onChange) {
    this.onChange = onChange;
    this.tasks = new Map();
  }

  clear() {
    this.tasks.clear();
    this.onChange();
  }

  apply(event) {
    const task = this.tasks.get(event.task_id);
    if (event.event_type === "task_queued") {
      this.tasks.set(event.task_id, { id: event.task_id, status: "queued", canPause: false });
    } else if (isFinal(event.event_type)) this.tasks.delete(event.task_id);
    else if (!task || !update(task, event)) return;
    this.onChange();
  }

  /** The one that runs, since a session carries out its tasks one after the other. */
  get oldest() {
    return this.tasks.values().next().value;
  }
}

/** Whether the event changes the task. */
function update(task, event) {
  switch (event.event_type) {
    case "task_started":
      Object.assign(task, { status: "running", canPause: CAN_PAUSE.has(event.agent_kind) });
      return true;
    case "task_paused":
      task.status = "paused";
      return true;
    case "task_resumed":
      task.status = "running";
      return true;
    default:
      return false;
  }
}
