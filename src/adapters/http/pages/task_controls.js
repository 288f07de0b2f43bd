// The buttons that hold up the task at work, let it go on, and end it.

import { postJson } from "./api.js";

const STATES = {
  queued: "queued",
  running: "running",
  waiting: "waits for an answer",
  pausing: "rests before its next step",
  paused: "paused",
};

export class TaskControls {
  constructor({ state, rest, cancel, tried }) {
    Object.assign(this, { state, rest, cancel });
    this.task = undefined;
    this.toRest = null;
    rest.addEventListener("click", () => tried(() => this.#restOrGoOn()));
    cancel.addEventListener("click", () => tried(() => this.#cancel()));
  }

  show(task, isWaiting) {
    const changed = task?.id !== this.task?.id || task?.status !== this.task?.status;
    if (changed) this.toRest = null;
    this.task = task && { ...task, isWaiting };
    this.#draw();
  }

  /** One button for both, so that whoever pressed it keeps the focus. */
  async #restOrGoOn() {
    const { id } = this.task;
    const rests = this.#rests;
    await postJson(`/tasks/${id}/${rests ? "resume" : "pause"}`, {});
    if (this.task?.id === id && this.task.status === "running") this.toRest = rests ? null : id;
    this.#draw();
  }

  async #cancel() {
    await postJson(`/tasks/${this.task.id}/cancel`, {});
  }

  get #rests() {
    return this.task.status === "paused" || this.toRest === this.task.id;
  }

  #draw() {
    const task = this.task;
    this.cancel.hidden = task === undefined;
    this.rest.hidden = !task?.canRest;
    this.state.textContent = task ? STATES[this.#status()] : "";
    if (task) this.rest.textContent = this.#rests ? "Resume" : "Pause";
  }

  #status() {
    if (this.task.status !== "running") return this.task.status;
    if (this.task.isWaiting) return "waiting";
    return this.#rests ? "pausing" : "running";
  }
}
