import { batch, signal } from "@preact/signals";
import type { Chat } from "../gen/alongside/wire/v1/session_pb.ts";
import { Typists } from "./typing.ts";

// Messages kept of one session: more than people write while one runs. Older ones
// are read again with the session.
const maxChat = 5000;

/** Who reads a message: the person at the device and all reps, or reps only. */
export type Channel = "all" | "reps";

/** What is being written in a session. Each channel has words of its own, so that none slip into the other. */
export interface Draft {
  readonly channel: Channel;
  readonly all: string;
  readonly reps: string;
}

/** Chats is what is said in the sessions that the console knows, and what is being written. */
export class Chats {
  readonly all = signal<ReadonlyMap<string, readonly Chat[]>>(new Map());
  /** How many messages of others came since a session's chat was looked at last. */
  readonly unread = signal<ReadonlyMap<string, number>>(new Map());
  readonly typists = new Typists();
  readonly #drafts = new Map<string, Draft>();

  of(session: string): readonly Chat[] {
    return this.all.value.get(session) ?? [];
  }

  /** Takes messages; those are counted as unread that are news, of somebody else. */
  take(session: string, messages: readonly Chat[], news: (c: Chat) => boolean = () => false): void {
    const known = new Map(this.of(session).map((c) => [c.seq, c]));
    for (const c of messages) if (!known.has(c.seq)) this.typists.stop(session, c.repId);
    const fresh = messages.filter((c) => !known.has(c.seq) && news(c)).length;
    for (const c of messages) known.set(c.seq, c);
    const sorted = [...known.values()].sort((a, b) => (a.seq < b.seq ? -1 : 1)).slice(-maxChat);
    batch(() => {
      this.all.value = new Map(this.all.value).set(session, sorted);
      if (fresh > 0) this.unread.value = new Map(this.unread.value).set(session, (this.unread.value.get(session) ?? 0) + fresh);
    });
  }

  /** The chat was looked at. */
  read(session: string): void {
    if (this.unread.value.get(session)) this.unread.value = new Map(this.unread.value).set(session, 0);
  }

  draft(session: string): Draft {
    return this.#drafts.get(session) ?? { channel: "all", all: "", reps: "" };
  }

  /** Keeps what is being written while another session is looked at. */
  keep(session: string, draft: Draft): void {
    this.#drafts.set(session, draft);
  }

  clear(): void {
    batch(() => {
      this.all.value = new Map();
      this.unread.value = new Map();
    });
    this.typists.clear();
    this.#drafts.clear();
  }
}
