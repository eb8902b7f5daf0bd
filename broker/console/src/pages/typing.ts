import { signal } from "@preact/signals";
import { typingForMs } from "../core/typing.ts";
import { ChatChannel } from "../gen/alongside/wire/v1/session_pb.ts";

/** Somebody else who writes in a session now. */
export interface Typist {
  readonly who: string; // id of the rep; empty: the customer
  readonly name: string;
  readonly reps: boolean; // among reps only
}

interface News {
  readonly sessionId: string;
  readonly repId: string;
  readonly name: string;
  readonly typing: boolean;
  readonly channel: ChatChannel;
}

/** Typists is who writes in which session, until they send it, stop, or are silent for a while. */
export class Typists {
  readonly #all = signal<ReadonlyMap<string, readonly Typist[]>>(new Map());
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  of(session: string): readonly Typist[] {
    return this.#all.value.get(session) ?? [];
  }

  take(n: News): void {
    this.stop(n.sessionId, n.repId);
    if (!n.typing) return;
    this.#put(n.sessionId, [...this.of(n.sessionId), { who: n.repId, name: n.name, reps: n.channel === ChatChannel.REPS }]);
    this.#timers.set(key(n.sessionId, n.repId), setTimeout(() => this.stop(n.sessionId, n.repId), typingForMs));
  }

  stop(session: string, who: string): void {
    clearTimeout(this.#timers.get(key(session, who)));
    this.#timers.delete(key(session, who));
    if (this.of(session).some((t) => t.who === who)) this.#put(session, this.of(session).filter((t) => t.who !== who));
  }

  clear(): void {
    for (const t of this.#timers.values()) clearTimeout(t);
    this.#timers.clear();
    this.#all.value = new Map();
  }

  #put(session: string, typists: readonly Typist[]): void {
    const all = new Map(this.#all.value);
    if (typists.length > 0) all.set(session, typists);
    else all.delete(session);
    this.#all.value = all;
  }
}

function key(session: string, who: string): string {
  return `${session} ${who}`;
}
