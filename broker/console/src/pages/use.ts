import type { Store } from "./store.ts";

/** How often it is said at most that the console is used: many times before its rep counts as idle. */
const sayEveryMs = 30_000;

/** Says that the rep uses the console, wherever in it, remote screens included. */
export function noteUse(store: Store): void {
  let said = -Infinity;
  const used = () => {
    const now = performance.now();
    if (now - said < sayEveryMs || typeof store.who.value !== "object") return;
    said = now;
    store.api.collaboration.noteUse({}).catch(() => {}); // the next one may get through
  };
  for (const what of ["pointerdown", "pointermove", "keydown", "wheel"]) window.addEventListener(what, used, { capture: true, passive: true });
}
