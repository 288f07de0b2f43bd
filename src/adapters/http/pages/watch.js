// Watches one session or task at a time; goes on after every break from the last event it saw.

import { streamUrl } from "./api.js";
import { EVENT_TYPES, isFinal } from "./event_kinds.js";

const REOPEN_MS = 3000;
/**
 * A browser opens six connections to a host, for all of its tabs: one that nobody sees needs none.
 * This long it keeps the stream, so that a glance at another tab costs nothing.
 */
const LET_GO_MS = 500;

export class Watch {
  /** `onState` gets off, connecting, live, resting, or the reason for which the stream ended. */
  constructor({ onEvent, onReset, onState }) {
    Object.assign(this, { onEvent, onReset, onState });
    this.watched = null;
    this.source = null;
    this.reopening = null;
    this.lettingGo = null;
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("pageshow", () => this.#look());
    // A page that Back may show again as it was is not to hold a connection until then.
    addEventListener("pagehide", () => this.#rest());
  }

  start(watched) {
    this.stop();
    this.watched = watched;
    this.lastId = "";
    this.#look();
  }

  stop(state = "off") {
    this.#close();
    this.watched = null;
    this.onState(state);
  }

  #look() {
    clearTimeout(this.lettingGo);
    if (!this.watched) return;
    if (!document.hidden) this.#open();
    else if (!this.source) this.#rest();
    else this.lettingGo = setTimeout(() => this.#rest(), LET_GO_MS);
  }

  #rest() {
    if (!this.watched) return;
    this.#close();
    this.onState("resting");
  }

  #close() {
    clearTimeout(this.lettingGo);
    clearTimeout(this.reopening);
    this.source?.close();
    this.source = null;
  }

  #open() {
    if (this.source) return;
    const source = new EventSource(streamUrl(this.watched, this.lastId));
    this.source = source;
    this.onState("connecting");
    source.addEventListener("connected", (frame) => {
      this.#saw(frame);
      this.onState("live");
    });
    source.addEventListener("reset", (frame) => {
      this.#saw(frame);
      this.onReset();
    });
    source.addEventListener("cursor", (frame) => this.#saw(frame));
    source.addEventListener("end", (frame) => this.#ended(JSON.parse(frame.data).reason));
    source.addEventListener("error", (frame) => this.#errorOrBreak(frame));
    for (const type of EVENT_TYPES) {
      // "error" is also what EventSource calls its own breaks; it has its listener above.
      if (type !== "error") source.addEventListener(type, (frame) => this.#take(frame));
    }
  }

  #saw(frame) {
    this.lastId = frame.lastEventId || this.lastId;
  }

  #take(frame) {
    this.#saw(frame);
    const event = JSON.parse(frame.data);
    this.onEvent(event, frame.lastEventId);
    // Nothing follows: whoever comes back here is answered with 204, which looks like a break.
    if (this.watched?.kind === "tasks" && isFinal(event.event_type)) this.#ended("task_finished");
  }

  #errorOrBreak(frame) {
    if (frame.data !== undefined) this.#take(frame);
    else if (this.source.readyState === EventSource.CLOSED) this.#openLater();
    else this.onState("connecting");
  }

  #ended(reason) {
    if (reason === "server_draining" || reason === "limit") this.#openLater();
    else this.stop(reason);
  }

  // A browser gives up after an answer that is no stream, as a server that starts may give.
  #openLater() {
    this.source.close();
    this.onState("connecting");
    clearTimeout(this.reopening);
    this.reopening = setTimeout(() => {
      this.source = null;
      this.#look();
    }, REOPEN_MS);
  }
}
