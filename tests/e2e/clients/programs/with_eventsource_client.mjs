// Follows a stream with npm's `eventsource-client`, which reconnects by itself, until 204.
import { createEventSource } from "eventsource-client";
import { printEvent, url } from "./event_output.mjs";

const source = createEventSource({ url });
for await (const event of source) printEvent(event);
