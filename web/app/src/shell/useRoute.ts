/** The route, and how to change it. The browser's history is the only place where it is kept. */
import { useSyncExternalStore } from "react";
import { hashOf, routeOf, type Route } from "./routes.ts";

/** Goes there; `replace` leaves no entry to go back to. */
export function go(route: Route, { replace = false }: { replace?: boolean } = {}): void {
  const hash = hashOf(route);
  if (hash === (location.hash || "#/")) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return routeOf(hash);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener("hashchange", listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener("hashchange", listener);
  };
}
