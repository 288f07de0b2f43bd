// What the programs share. Listening with an EventSource needs the names of all events; `types` is the URL's own list.
export const [url, types] = [process.argv[2], process.argv[3].split(",")];

export function printEvent({ id, event, data }) {
    console.log(JSON.stringify({ id: id ?? "", event: event ?? "", data: JSON.parse(data) }));
}
