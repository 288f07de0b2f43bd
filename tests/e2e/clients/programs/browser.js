// Follows a stream with the browser's own EventSource and posts what it sees, in order.
const query = new URLSearchParams(location.search);
const source = new EventSource(query.get("url"));
let posted = Promise.resolve();

function post(seen) {
    const body = JSON.stringify(seen);
    posted = posted.then(() => fetch("/seen", { method: "POST", body }));
}

for (const type of query.get("types").split(",")) {
    source.addEventListener(type, (event) => {
        if (!("data" in event)) return;
        post({ id: event.lastEventId, event: event.type, data: JSON.parse(event.data) });
    });
}
source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) post("closed");
});
