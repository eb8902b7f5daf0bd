import { computed, signal } from "@preact/signals";

/** What an address of the console names. */
export type Route =
  | { readonly page: "summary" }
  | { readonly page: "sign-in" }
  | { readonly page: "requests" }
  | { readonly page: "queue" }
  | { readonly page: "inventory" }
  | { readonly page: "jump" }
  | { readonly page: "device"; readonly id: string }
  | { readonly page: "session"; readonly id: string }
  | { readonly page: "audit"; readonly session: string }
  | { readonly page: "recordings" }
  | { readonly page: "player"; readonly id: string }
  | { readonly page: "explain" }
  | { readonly page: "settings"; readonly part: string }
  | { readonly page: "account" }
  | { readonly page: "join" }
  | { readonly page: "unknown" };

const plain = ["sign-in", "requests", "queue", "inventory", "jump", "recordings", "explain", "account", "join"] as const;

/** The page of external reps. */
export const joinPath = "/join";

export function parseRoute(path: string, search: string): Route {
  const parts = path.split("/").filter((p) => p !== "");
  const [first, second] = parts;
  if (parts.length === 0) return { page: "summary" };
  if (parts.length === 1) {
    const page = plain.find((p) => p === first);
    if (page) return { page };
    if (first === "audit") return { page: "audit", session: new URLSearchParams(search).get("session") ?? "" };
    if (first === "settings") return { page: "settings", part: "" };
  }
  if (parts.length === 2 && second !== undefined) {
    const id = decode(second);
    if (first === "devices") return { page: "device", id };
    if (first === "sessions") return { page: "session", id };
    if (first === "recordings") return { page: "player", id };
    if (first === "settings") return { page: "settings", part: id };
  }
  return { page: "unknown" };
}

/** Whether an address is the broker's to answer, not a page of the console. */
export function isOutside(path: string): boolean {
  return path === "/oidc" || path.startsWith("/oidc/");
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Router follows the address bar. */
export function createRouter() {
  const address = signal({ path: location.pathname, search: location.search });
  const read = () => {
    address.value = { path: location.pathname, search: location.search };
  };
  window.addEventListener("popstate", read);
  return {
    route: computed(() => parseRoute(address.value.path, address.value.search)),
    path: computed(() => address.value.path),
    search: computed(() => address.value.search),
    go(to: string, replace = false): void {
      if (isOutside(to)) return location[replace ? "replace" : "assign"](to);
      if (to !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", to);
      read();
      window.scrollTo(0, 0);
    },
  };
}

export type Router = ReturnType<typeof createRouter>;
