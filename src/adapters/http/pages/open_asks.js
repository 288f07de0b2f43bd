// What tasks of the watched session ask of people and nobody has answered yet.

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

  waits(taskId) {
    return [...this.asks.values()].some((event) => event.task_id === taskId);
  }

  take(event) {
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
        // A run that began anew asks anew; nobody hears the answer to what its forerunner asked.
        if (event.event_type === "task_started" || isFinal(event.event_type)) this.#closeAll(event);
    }
  }

  /** A task asks one at a time. */
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
