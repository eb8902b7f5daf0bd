import { createContext } from "preact";
import { useCallback, useContext, useEffect, useState } from "preact/hooks";
import { type Failure, failure } from "../net/api.ts";
import type { Store } from "./store.ts";

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error("no store");
  return store;
}

/** The id of who is signed in; empty: nobody is. */
export function useMe(): string {
  const rep = useStore().who.value;
  return typeof rep === "object" ? rep.id : "";
}

/** Whether this page may offer something of the session: to reps everything, to an external rep what the session policy says. */
export function useMay(capability: "view" | "control" | "chat"): boolean {
  const guest = useStore().guest.value;
  return !guest || guest.capabilities.includes(capability);
}

/** One call at a time: whether it runs, and why the last one failed. */
export function useCall<A extends unknown[]>(call: (...args: A) => Promise<void>): { run: (...args: A) => void; busy: boolean; why: Failure | undefined } {
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<Failure>();
  const run = (...args: A) => {
    if (busy) return;
    setBusy(true);
    setWhy(undefined);
    call(...args).then(
      () => setBusy(false),
      (err: unknown) => {
        setBusy(false);
        setWhy(failure(err));
      },
    );
  };
  return { run, busy, why };
}

/** Something that is loaded when a key changes, and again by reload. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, key: string): { value: T | undefined; why: Failure | undefined; reload: () => void } {
  const [state, setState] = useState<{ key: string; value?: T; why?: Failure }>({ key: "" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const life = new AbortController();
    load(life.signal).then(
      (value) => {
        if (!life.signal.aborted) setState({ key, value });
      },
      (err: unknown) => {
        if (!life.signal.aborted) setState({ key, why: failure(err) });
      },
    );
    return () => life.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((t) => t + 1), []);
  const current = state.key === key;
  return { value: current ? state.value : undefined, why: current ? state.why : undefined, reload };
}

/** The time, so that "5 min ago" stays true. */
export function useNow(everyMs: number): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A list of the broker's, read again when the live stream says that it changed. */
export function useList<T>(name: string, load: (signal: AbortSignal) => Promise<T>, key = ""): { value: T | undefined; why: Failure | undefined; reload: () => void } {
  const store = useStore();
  const turn = store.changed.value.get(name) ?? 0;
  const [kept, setKept] = useState<{ key: string; value: T }>();
  const loaded = useLoad(
    async (signal) => {
      const value = await load(signal);
      if (!signal.aborted) setKept({ key, value });
      return value;
    },
    `${name} ${key} ${turn} ${store.resumed.value}`,
  );
  // What was there stays while it is read again, so that nothing jumps.
  return { ...loaded, value: loaded.value ?? (kept?.key === key && !loaded.why ? kept.value : undefined) };
}
