// Follows a stream with npm's `@microsoft/fetch-event-source` until `end`.
import { createRequire } from "node:module";
import { printEvent, url } from "./event_output.mjs";

// It is made for browsers: these are all that it asks of one.
globalThis.window = globalThis;
globalThis.document = { addEventListener() {}, removeEventListener() {}, hidden: false };
const { fetchEventSource } = createRequire(import.meta.url)("@microsoft/fetch-event-source");

// It takes an id for read before it has the rest of the event, so it may not choose the cursor.
let lastId = "";
function resuming(input, { headers, ...init }) {
    delete headers["last-event-id"];
    return fetch(input, { ...init, headers: lastId ? { ...headers, "Last-Event-ID": lastId } : headers });
}

const stop = new AbortController();
await fetchEventSource(url, {
    fetch: resuming,
    signal: stop.signal,
    openWhenHidden: true,
    onmessage(event) {
        printEvent(event);
        lastId = event.id || lastId;
        if (event.event === "end") stop.abort();
    },
    onclose() {
        throw new Error("cut: connect again");
    },
});
