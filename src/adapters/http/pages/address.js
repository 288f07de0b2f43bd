// Routing: the path in the address bar names a session, a task, or nothing yet.

export const NOTHING = { kind: "", id: "" };

export function pathTo({ kind, id }) {
  return kind ? `/${kind}/${encodeURIComponent(id).replaceAll("%3A", ":")}` : "/";
}

export class Address {
  /** `onVisit` is called with `{kind, id}` at each navigation, also to what is shown already. */
  constructor(onVisit) {
    this.onVisit = onVisit;
    addEventListener("popstate", () => this.visit());
    document.addEventListener("click", (event) => this.#clicked(event));
  }

  visit() {
    const named = namedBy(location) ?? NOTHING;
    // Links of earlier versions name the session in the fragment.
    if (location.hash) history.replaceState(null, "", pathTo(named));
    this.onVisit(named);
  }

  go(named) {
    const path = pathTo(named);
    if (path !== location.pathname) history.pushState(null, "", path);
    this.onVisit(named);
  }

  /** Plain clicks only: with a modifier key the browser opens a new tab or window. */
  #clicked(event) {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || link.target || !isPlain || link.origin !== location.origin) return;
    const named = namedBy(link);
    if (!named) return;
    event.preventDefault();
    this.go(named);
  }
}

/** What a location or a link names; undefined for any other page. */
function namedBy({ pathname, hash }) {
  if (pathname === "/") return hash.length > 1 ? { kind: "sessions", id: decoded(hash.slice(1)) } : NOTHING;
  const found = /^\/(sessions|tasks)\/([^/]+)$/.exec(pathname);
  return found ? { kind: found[1], id: decoded(found[2]) } : undefined;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
