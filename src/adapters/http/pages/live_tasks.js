// Which tasks of the watched session have begun or wait to, and have not ended.

import { isFinal } from "./event_kinds.js";

/** Agents of these kinds have points where they can rest. */
const CAN_REST = new Set(["react"]);

export class LiveTasks {
  constructor(onChange) {
    this.onChange = onChange;
    this.tasks = new Map();
  }

  clear() {
    this.tasks.clear();
    this.onChange();
  }

  count(event) {
    const task = this.tasks.get(event.task_id);
    if (event.event_type === "task_queued") {
      this.tasks.set(event.task_id, { id: event.task_id, status: "queued", canRest: false });
    } else if (isFinal(event.event_type)) this.tasks.delete(event.task_id);
    else if (!task || !tell(task, event)) return;
    this.onChange();
  }

  /** A session works on its tasks one after the other: the oldest is the one at work. */
  get oldest() {
    return this.tasks.values().next().value;
  }
}

/** Whether the event changes the task. */
function tell(task, event) {
  switch (event.event_type) {
    case "task_started":
      Object.assign(task, { status: "running", canRest: CAN_REST.has(event.agent_kind) });
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
