// Follows a stream with npm's `eventsource`, which reconnects by itself, until 204.
import { EventSource } from "eventsource";
import { printEvent, types, url } from "./event_output.mjs";

const source = new EventSource(url);
for (const type of types) {
    source.addEventListener(type, (event) => {
        if ("data" in event) printEvent({ id: event.lastEventId, event: event.type, data: event.data });
    });
}
source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) process.exit(0);
});
