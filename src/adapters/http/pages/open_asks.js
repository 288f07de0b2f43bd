// The open approvals and questions of the watched session's tasks.

import { isFinal } from "./event_kinds.js";

export class OpenAsks {
  constructor({ onChange, onAnswered }) {
    this.onChange = onChange;
    this.onAnswered = onAnswered;
    this.asks = new Map();
  }

  clear() {
    this.asks.clear();
    this.onChange();
  }

  isWaiting(taskId) {
    return [...this.asks.values()].some((event) => event.task_id === taskId);
  }

  apply(event) {
    switch (event.event_type) {
      case "approval_required":
        this.#open(event.approval_id, event);
        break;
      case "approval_resolved":
        this.#close(event.approval_id, event);
        break;
      case "input_required":
        this.#open(`question ${event.seq}`, event);
        break;
      case "input_received":
        if (event.kind === "message") this.#close(this.#question(event.task_id), event);
        break;
      default:
        // A new attempt asks again; questions of the earlier one cannot be answered any more.
        if (event.event_type === "task_started" || isFinal(event.event_type)) this.#closeAll(event);
    }
  }

  /** The key of the task's open question; there is one at most. */
  #question(taskId) {
    const isIt = ([, asked]) => asked.event_type === "input_required" && asked.task_id === taskId;
    return [...this.asks].find(isIt)?.[0];
  }

  #open(key, event) {
    this.asks.set(key, event);
    this.onChange();
  }

  #close(key, answer) {
    const asked = this.asks.get(key);
    if (!asked) return;
    this.asks.delete(key);
    this.onAnswered(key, asked, answer);
    this.onChange();
  }

  #closeAll({ task_id: taskId }) {
    for (const [key, asked] of this.asks) if (asked.task_id === taskId) this.asks.delete(key);
    this.onChange();
  }
}
