import { batch, signal } from "@preact/signals";
import { Backoff } from "../core/backoff.ts";
import { nearerDeadline } from "../core/countdown.ts";
import { hex } from "../core/hex.ts";
import { type AuditRecord, type Device, MfaNeed, type Rep, type Session, type WatchResponse } from "../gen/alongside/console/v1/console_pb.ts";
import type { SupportRequest } from "../gen/alongside/console/v1/request_pb.ts";
import type { Chat } from "../gen/alongside/wire/v1/session_pb.ts";
import { type Api, type Failure, failure } from "../net/api.ts";
import type { Proofs } from "./proof.ts";

// Chat messages kept of one session; older ones are read again with the session.
const maxChat = 500;
// Audit records that came while the page is open; older ones are listed.
const maxTail = 200;
const viewKey = "view"; // in the tab's own storage

/** Who is signed in: "unknown" until the broker has said. */
export type Who = Rep | "unknown" | "nobody";

/** Store is what the console knows, kept current by the broker's live stream. */
export class Store {
  readonly api: Api;
  readonly proofs: Proofs;
  readonly who = signal<Who>("unknown");
  /** What half a sign-in still lacks. */
  readonly mfa = signal<MfaNeed>(MfaNeed.UNSPECIFIED);
  readonly oidcName = signal("");
  readonly setupNeeded = signal(false);
  readonly organisation = signal("");
  readonly startFailure = signal<Failure | undefined>(undefined);
  /** Why the sign-in page is shown: "signed_out" after signing out. */
  readonly farewell = signal("");
  /** The settings scope that lists are narrowed to; empty: all. */
  readonly view = signal(sessionStorage.getItem(viewKey) ?? "");
  readonly devices = signal<ReadonlyMap<string, Device> | undefined>(undefined);
  readonly sessions = signal<ReadonlyMap<string, Session>>(new Map());
  /** When sessions end by their expiry, on the clock of performance.now. */
  readonly deadlines = signal<ReadonlyMap<string, number>>(new Map());
  readonly requests = signal<ReadonlyMap<string, SupportRequest>>(new Map());
  readonly chats = signal<ReadonlyMap<string, readonly Chat[]>>(new Map());
  readonly tail = signal<readonly AuditRecord[]>([]);
  /** How often each list was said to have changed. */
  readonly changed = signal<ReadonlyMap<string, number>>(new Map());
  /** False while the live stream is down and being opened again. */
  readonly live = signal(true);
  /** How often the live stream began anew: what was missed has to be read again. */
  readonly resumed = signal(0);
  readonly #news = new Map<string, number>(); // live events, by session
  #watching: AbortController | undefined;

  constructor(api: Api, proofs: Proofs) {
    this.api = api;
    this.proofs = proofs;
  }

  /** Asks who is signed in, and watches when somebody is. */
  async start(): Promise<void> {
    this.startFailure.value = undefined;
    try {
      const s = await this.api.signIn.state({});
      batch(() => {
        this.setupNeeded.value = s.setupNeeded;
        this.organisation.value = s.organisation;
        this.oidcName.value = s.oidcName;
        this.mfa.value = s.mfa;
        this.who.value = s.rep ?? "nobody";
      });
      if (s.rep) this.#watch();
    } catch (err) {
      this.startFailure.value = failure(err);
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.api.signIn.signIn({ name, password });
    this.farewell.value = "";
    await this.start();
  }

  async setup(form: { secret: string; name: string; displayName: string; password: string; organisation: string }): Promise<void> {
    await this.api.signIn.setup(form);
    await this.start();
  }

  async signOut(): Promise<void> {
    const { messageId } = await this.api.signIn.signOut({});
    this.forget(messageId || "signed_out");
  }

  /** Drops everything that belongs to the rep who was signed in. */
  forget(farewell: string): void {
    this.#watching?.abort();
    this.#watching = undefined;
    this.proofs.wanted.value?.settle(false);
    batch(() => {
      this.who.value = "nobody";
      this.mfa.value = MfaNeed.UNSPECIFIED;
      this.farewell.value = farewell;
      this.devices.value = undefined;
      this.sessions.value = new Map();
      this.deadlines.value = new Map();
      this.requests.value = new Map();
      this.#news.clear();
      this.chats.value = new Map();
      this.tail.value = [];
      this.changed.value = new Map();
      this.live.value = true;
    });
    this.chooseView("");
  }

  /** Whether the rep has a permission; the broker decides, this only chooses what to offer. */
  may(permission: string): boolean {
    const rep = this.who.value;
    return typeof rep === "object" && (rep.admin || rep.permissions.includes(permission));
  }

  chooseView(id: string): void {
    this.view.value = id;
    sessionStorage.setItem(viewKey, id);
  }

  /** Whether a device belongs to the chosen view. */
  inView(device: Device | undefined): boolean {
    return this.view.value === "" || (device?.views.includes(this.view.value) ?? false);
  }

  /** Takes the session that a call returns, unless the live stream told something newer while it ran. */
  async callSession<R extends { readonly session?: Session | undefined }>(id: string, call: Promise<R>): Promise<R> {
    const before = this.#news.get(id) ?? 0;
    const r = await call;
    if (r.session && (this.#news.get(r.session.id) ?? 0) === before) this.#takeSession(r.session);
    return r;
  }

  #takeSession(s: Session): void {
    this.sessions.value = new Map(this.sessions.value).set(s.id, s);
    const known = this.deadlines.value.get(s.id);
    const deadline = nearerDeadline(known, Number(s.expiresInMs), performance.now());
    if (deadline !== undefined && deadline !== known) this.deadlines.value = new Map(this.deadlines.value).set(s.id, deadline);
  }

  takeDevice(d: Device | undefined): void {
    if (d && this.devices.value) this.devices.value = new Map(this.devices.value).set(d.id, d);
  }

  takeRequest(r: SupportRequest | undefined): void {
    if (r) this.requests.value = new Map(this.requests.value).set(r.id, r);
  }

  takeChat(id: string, messages: readonly Chat[]): void {
    const known = new Map((this.chats.value.get(id) ?? []).map((c) => [c.seq, c]));
    for (const c of messages) known.set(c.seq, c);
    const sorted = [...known.values()].sort((a, b) => (a.seq < b.seq ? -1 : 1)).slice(-maxChat);
    this.chats.value = new Map(this.chats.value).set(id, sorted);
  }

  #watch(): void {
    this.#watching?.abort();
    const life = new AbortController();
    this.#watching = life;
    // The browser knows of a lost network before the stream does.
    window.addEventListener("offline", () => (this.live.value = false), { signal: life.signal });
    void this.#watchUntil(life.signal);
  }

  async #watchUntil(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(500, 10_000);
    while (!signal.aborted) {
      try {
        for await (const r of this.api.live.watch({}, { signal })) {
          backoff.reset();
          batch(() => {
            this.live.value = true;
            this.#take(r);
          });
        }
      } catch {
        // An answer without sign-in ends in forget; anything else is tried again.
      }
      if (signal.aborted) return;
      this.live.value = false;
      await new Promise((resolve) => setTimeout(resolve, 200 + backoff.next()));
    }
  }

  #take(r: WatchResponse): void {
    const e = r.event;
    switch (e.case) {
      case "snapshot":
        if (this.devices.value) this.resumed.value++;
        for (const s of e.value.sessions) this.#news.set(s.id, (this.#news.get(s.id) ?? 0) + 1);
        this.devices.value = new Map(e.value.devices.map((d) => [d.id, d]));
        for (const s of e.value.sessions) this.#takeSession(s);
        this.requests.value = new Map(e.value.requests.map((q) => [q.id, q]));
        return;
      case "device":
        return this.takeDevice(e.value);
      case "deviceRemoved": {
        const left = new Map(this.devices.value ?? []);
        left.delete(e.value);
        this.devices.value = left;
        return;
      }
      case "session":
        this.#news.set(e.value.id, (this.#news.get(e.value.id) ?? 0) + 1);
        return this.#takeSession(e.value);
      case "chat":
        return this.takeChat(hex(e.value.session), [e.value]);
      case "request":
        return this.takeRequest(e.value);
      case "changed":
        this.changed.value = new Map(this.changed.value).set(e.value, (this.changed.value.get(e.value) ?? 0) + 1);
        return;
      case "audit":
        this.tail.value = [e.value, ...this.tail.value].slice(0, maxTail);
    }
  }
}
