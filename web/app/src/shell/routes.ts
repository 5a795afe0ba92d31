/** What the page shows, as its address tells it: after the `#`, so that the page may stand under any path. */

export type Route =
  | { name: "start" }
  | { name: "compose" }
  | { name: "operations" }
  | { name: "session"; sessionId: string; workflowId?: string };

/** Reads the address; what it does not know leads to the start. */
export function routeOf(hash: string): Route {
  const [kind, sessionId, next, workflowId] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  if (kind === "compose") return { name: "compose" };
  if (kind === "ops") return { name: "operations" };
  if (kind !== "s" || !sessionId) return { name: "start" };
  return next === "w" && workflowId ? { name: "session", sessionId, workflowId } : { name: "session", sessionId };
}

/** Writes the address. */
export function hashOf(route: Route): string {
  switch (route.name) {
    case "start":
      return "#/";
    case "compose":
      return "#/compose";
    case "operations":
      return "#/ops";
    case "session": {
      const session = `#/s/${encodeURIComponent(route.sessionId)}`;
      return route.workflowId ? `${session}/w/${encodeURIComponent(route.workflowId)}` : session;
    }
  }
}

/** A broken escape stands for itself: an address is typed by people, too. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
