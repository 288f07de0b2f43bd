// Watches one session at a time; goes on after every break from the last event it saw.

import { streamUrl } from "./api.js";
import { EVENT_TYPES } from "./event_kinds.js";

const REOPEN_MS = 3000;

export class Watch {
  constructor({ onEvent, onReset, onState }) {
    this.onEvent = onEvent;
    this.onReset = onReset;
    this.onState = onState;
    this.source = null;
    this.timer = null;
  }

  start(sessionId) {
    this.stop();
    this.sessionId = sessionId;
    this.lastId = "";
    this.#open();
  }

  stop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.onState("off");
  }

  #open() {
    const source = new EventSource(streamUrl(this.sessionId, this.lastId));
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
    this.onEvent(JSON.parse(frame.data));
  }

  #errorOrBreak(frame) {
    if (frame.data !== undefined) this.#take(frame);
    else if (this.source.readyState === EventSource.CLOSED) this.#openLater();
    else this.onState("connecting");
  }

  #ended(reason) {
    if (reason === "server_draining" || reason === "limit") {
      this.#openLater();
      return;
    }
    this.stop();
  }

  // A browser gives up after an answer that is no stream, as a server that starts may give.
  #openLater() {
    this.source.close();
    this.onState("connecting");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#open(), REOPEN_MS);
  }
}
