// Follows a stream with npm's `eventsource`, which reconnects by itself, until it is told to stop.
import { EventSource } from "eventsource";
import { tell, types, url } from "./event_types.mjs";

const source = new EventSource(url);
for (const type of types) {
    source.addEventListener(type, (event) => {
        if ("data" in event) tell({ id: event.lastEventId, event: event.type, data: event.data });
    });
}
source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) process.exit(0);
});
