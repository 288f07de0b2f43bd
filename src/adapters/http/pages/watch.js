// Streams one session or task at a time; reconnects from the last event that was received.

import { streamUrl } from "./api.js";
import { EVENT_TYPES, isFinal } from "./event_kinds.js";

const REOPEN_MS = 3000;
/**
 * A browser opens six connections to a host, for all of its tabs: a hidden tab closes its own.
 * It does so after this time, so that a glance at another tab costs nothing.
 */
const SUSPEND_AFTER_MS = 500;

export class Watch {
  /** `onState` is called with off, connecting, live, suspended, or the reason of the stream's end. */
  constructor({ onEvent, onReset, onState }) {
    Object.assign(this, { onEvent, onReset, onState });
    this.watched = null;
    this.source = null;
    this.reopening = null;
    this.suspending = null;
    document.addEventListener("visibilitychange", () => this.#update());
    addEventListener("pageshow", () => this.#update());
    // The browser may keep the page for Back: it must not keep a connection meanwhile.
    addEventListener("pagehide", () => this.#suspend());
  }

  start(watched) {
    this.stop();
    this.watched = watched;
    this.lastId = "";
    this.#update();
  }

  stop(state = "off") {
    this.#close();
    this.watched = null;
    this.onState(state);
  }

  /** Opens or suspends the stream, as the tab is visible or hidden. */
  #update() {
    clearTimeout(this.suspending);
    if (!this.watched) return;
    if (!document.hidden) this.#open();
    else if (!this.source) this.#suspend();
    else this.suspending = setTimeout(() => this.#suspend(), SUSPEND_AFTER_MS);
  }

  #suspend() {
    if (!this.watched) return;
    this.#close();
    this.onState("suspended");
  }

  #close() {
    clearTimeout(this.suspending);
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
      this.#remember(frame);
      this.onState("live");
    });
    source.addEventListener("reset", (frame) => {
      this.#remember(frame);
      this.onReset();
    });
    source.addEventListener("cursor", (frame) => this.#remember(frame));
    source.addEventListener("end", (frame) => this.#ended(JSON.parse(frame.data).reason));
    source.addEventListener("error", (frame) => this.#errorOrBreak(frame));
    for (const type of EVENT_TYPES) {
      // EventSource also reports a lost connection as "error": that has its listener above.
      if (type !== "error") source.addEventListener(type, (frame) => this.#receive(frame));
    }
  }

  #remember(frame) {
    this.lastId = frame.lastEventId || this.lastId;
  }

  #receive(frame) {
    this.#remember(frame);
    const event = JSON.parse(frame.data);
    this.onEvent(event, frame.lastEventId);
    // Nothing follows. A reconnect would get 204, which looks like a lost connection.
    if (this.watched?.kind === "tasks" && isFinal(event.event_type)) this.#ended("task_finished");
  }

  #errorOrBreak(frame) {
    if (frame.data !== undefined) this.#receive(frame);
    else if (this.source.readyState === EventSource.CLOSED) this.#openLater();
    else this.onState("connecting");
  }

  #ended(reason) {
    if (reason === "server_draining" || reason === "limit") this.#openLater();
    else this.stop(reason);
  }

  // EventSource gives up after a response that is no stream, such as a starting server may send.
  #openLater() {
    this.source.close();
    this.onState("connecting");
    clearTimeout(this.reopening);
    this.reopening = setTimeout(() => {
      this.source = null;
      this.#update();
    }, REOPEN_MS);
  }
}
