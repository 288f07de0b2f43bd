// The buttons that pause, resume and cancel the running task.

import { postJson } from "./api.js";

const STATES = {
  queued: "queued",
  running: "running",
  waiting: "waits for an answer",
  pausing: "pauses before its next step",
  paused: "paused",
};

export class TaskControls {
  constructor({ state, pause, cancel, tried }) {
    Object.assign(this, { state, pause, cancel });
    this.task = undefined;
    /** The id of the task that was asked to pause and has not yet. */
    this.pausing = null;
    pause.addEventListener("click", () => tried(() => this.#pauseOrResume()));
    cancel.addEventListener("click", () => tried(() => this.#cancel()));
  }

  show(task, isWaiting) {
    const changed = task?.id !== this.task?.id || task?.status !== this.task?.status;
    if (changed) this.pausing = null;
    this.task = task && { ...task, isWaiting };
    this.#draw();
  }

  /** One button for both, so that the focus stays on it. */
  async #pauseOrResume() {
    const { id } = this.task;
    const isPauseWanted = this.#isPauseWanted;
    await postJson(`/tasks/${id}/${isPauseWanted ? "resume" : "pause"}`, {});
    if (this.task?.id === id && this.task.status === "running") this.pausing = isPauseWanted ? null : id;
    this.#draw();
  }

  async #cancel() {
    await postJson(`/tasks/${this.task.id}/cancel`, {});
  }

  get #isPauseWanted() {
    return this.task.status === "paused" || this.pausing === this.task.id;
  }

  #draw() {
    const task = this.task;
    this.cancel.hidden = task === undefined;
    this.pause.hidden = !task?.canPause;
    this.state.textContent = task ? STATES[this.#status()] : "";
    if (task) this.pause.textContent = this.#isPauseWanted ? "Resume" : "Pause";
  }

  #status() {
    if (this.task.status !== "running") return this.task.status;
    if (this.task.isWaiting) return "waiting";
    return this.#isPauseWanted ? "pausing" : "running";
  }
}
