import { create } from "@bufbuild/protobuf";
import { batch, signal } from "@preact/signals";
import { Backoff } from "../core/backoff.ts";
import { nearerDeadline } from "../core/countdown.ts";
import { hex } from "../core/hex.ts";
import { isIn } from "../core/participants.ts";
import { stageOf } from "../core/session.ts";
import { type AuditRecord, type Device, MfaNeed, type Rep, RepSchema, type Session, type WatchResponse } from "../gen/alongside/console/v1/console_pb.ts";
import type { Guest } from "../gen/alongside/console/v1/guest_pb.ts";
import type { Invitation } from "../gen/alongside/console/v1/participant_pb.ts";
import type { SupportRequest } from "../gen/alongside/console/v1/request_pb.ts";
import type { Chat } from "../gen/alongside/wire/v1/session_pb.ts";
import { type Api, type Failure, failure } from "../net/api.ts";
import { Chats } from "./chats.ts";
import type { Proofs } from "./sign-in/proof.ts";

// Audit records that came while the page is open; older ones are listed.
const maxTail = 200;
const viewKey = "view"; // in the tab's own storage

/** Who is signed in: "unknown" until the broker has said. */
export type Who = Rep | "unknown" | "nobody";

/** A session that the rep has no part in any more, as it was known last. */
export interface Gone {
  readonly session: Session | undefined;
  /** By leaving it here; otherwise its owner took the rep out, or it was left elsewhere. */
  readonly left: boolean;
}

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
  readonly gone = signal<ReadonlyMap<string, Gone>>(new Map());
  /** When sessions end by their expiry, on the clock of performance.now. */
  readonly deadlines = signal<ReadonlyMap<string, number>>(new Map());
  readonly requests = signal<ReadonlyMap<string, SupportRequest>>(new Map());
  /** To the rep, or to a team of theirs. */
  readonly invitations = signal<ReadonlyMap<string, Invitation>>(new Map());
  /** Ids of invitations that were taken back here. */
  readonly cancelled = new Set<string>();
  readonly chats = new Chats();
  /** How the rep can be reached; undefined: not known. */
  readonly availability = signal<{ readonly away: boolean; readonly extended: boolean } | undefined>(undefined);
  readonly tail = signal<readonly AuditRecord[]>([]);
  /** How often each list was said to have changed. */
  readonly changed = signal<ReadonlyMap<string, number>>(new Map());
  /** False while the live stream is down and being opened again. */
  readonly live = signal(true);
  /** How often the live stream began anew: what was missed has to be read again. */
  readonly resumed = signal(0);
  readonly #news = new Map<string, number>(); // live events, by session
  readonly #leaving = new Set<string>();
  #watching: AbortController | undefined;
  /** The external rep whose page this is; undefined: it is the console of reps. */
  readonly guest = signal<Guest | undefined>(undefined);
  /** The secret of the link by which the page was opened; empty: none, or it was used. */
  readonly key = signal("");
  /** The external rep is not in the session any more; what was known of it last is kept. */
  readonly out = signal(false);

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
      if (s.rep) {
        this.#watch();
        void this.#readAvailability();
      }
    } catch (err) {
      this.startFailure.value = failure(err);
    }
  }

  /** Asks which external rep this browser is, and watches their session. */
  async startGuest(): Promise<void> {
    this.startFailure.value = undefined;
    try {
      const s = await this.api.guests.state({});
      this.organisation.value = s.organisation;
      if (s.guest && !this.key.value) this.#enter(s.guest);
      else this.who.value = "nobody";
    } catch (err) {
      this.startFailure.value = failure(err);
    }
  }

  /** Comes into a session by the link. */
  async redeem(): Promise<void> {
    const { guest, session } = await this.api.guests.redeem({ key: this.key.value });
    if (!guest) return;
    batch(() => {
      this.key.value = "";
      this.#enter(guest);
      if (session) this.#takeSession(session);
    });
  }

  #enter(guest: Guest): void {
    this.guest.value = guest;
    this.who.value = create(RepSchema, { id: guest.id, name: guest.name, displayName: guest.name });
    this.#watch();
  }

  /** The broker does not know the external rep any more. */
  guestOut(): void {
    this.#watching?.abort();
    this.#watching = undefined;
    this.out.value = true;
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
      this.gone.value = new Map();
      this.#leaving.clear();
      this.deadlines.value = new Map();
      this.requests.value = new Map();
      this.invitations.value = new Map();
      this.cancelled.clear();
      this.#news.clear();
      this.chats.clear();
      this.availability.value = undefined;
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

  /** Leaves a session that goes on for the others. */
  async leave(id: string): Promise<void> {
    this.#leaving.add(id);
    try {
      await this.api.sessions.close({ id, outcome: "leave" });
    } catch (err) {
      this.#leaving.delete(id);
      throw err;
    }
    this.#lose(id);
  }

  #lose(id: string): void {
    const session = this.sessions.value.get(id);
    if (session && stageOf(session.phase) === "over") return; // it says why itself
    const left = this.#leaving.delete(id) || (this.gone.value.get(id)?.left ?? false);
    batch(() => {
      this.gone.value = new Map(this.gone.value).set(id, { session: session ?? this.gone.value.get(id)?.session, left });
      this.sessions.value = without(this.sessions.value, id);
    });
  }

  #takeSession(s: Session): void {
    const me = this.who.value;
    const mine = (x: Session) => typeof me === "object" && isIn(x, me.id);
    const before = this.sessions.value.get(s.id);
    if (stageOf(s.phase) === "over" || mine(s)) {
      if (this.gone.value.has(s.id)) this.gone.value = without(this.gone.value, s.id);
    } else if (before && mine(before) && !s.waitsIn) {
      // Some may see a session that they are not in any more.
      this.gone.value = new Map(this.gone.value).set(s.id, { session: s, left: this.#leaving.has(s.id) });
    }
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

  dropInvitation(id: string): void {
    this.invitations.value = without(this.invitations.value, id);
  }

  /** Whether a message is the rep's own; those of long ago name no account. */
  wrote(c: Chat): boolean {
    const me = this.who.value;
    if (typeof me !== "object" || c.fromCustomer) return false;
    return c.repId !== "" ? c.repId === me.id : c.from === me.displayName || c.from === "";
  }

  async #readAvailability(): Promise<void> {
    try {
      this.availability.value = await this.api.collaboration.setAvailability({}); // changes nothing
    } catch {
      // Then it is not offered.
    }
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

  /** What a snapshot does not name any more was lost while the stream was down. */
  #loseAllBut(named: ReadonlySet<string>): void {
    for (const id of this.sessions.value.keys()) if (!named.has(id)) this.#lose(id);
  }

  #take(r: WatchResponse): void {
    const e = r.event;
    switch (e.case) {
      case "snapshot":
        if (this.devices.value) this.resumed.value++;
        this.#loseAllBut(new Set(e.value.sessions.map((s) => s.id)));
        for (const s of e.value.sessions) this.#news.set(s.id, (this.#news.get(s.id) ?? 0) + 1);
        this.devices.value = new Map(e.value.devices.map((d) => [d.id, d]));
        for (const s of e.value.sessions) this.#takeSession(s);
        this.requests.value = new Map(e.value.requests.map((q) => [q.id, q]));
        this.invitations.value = new Map(e.value.invitations.map((i) => [i.id, i]));
        return;
      case "device":
        return this.takeDevice(e.value);
      case "deviceRemoved":
        this.devices.value = without(this.devices.value ?? new Map(), e.value);
        return;
      case "session":
        this.#news.set(e.value.id, (this.#news.get(e.value.id) ?? 0) + 1);
        return this.#takeSession(e.value);
      case "invitation":
        this.invitations.value = new Map(this.invitations.value).set(e.value.id, e.value);
        return;
      case "invitationGone":
        return this.dropInvitation(e.value);
      case "sessionGone":
        this.#news.set(e.value, (this.#news.get(e.value) ?? 0) + 1);
        return this.#lose(e.value);
      case "chat":
        return this.chats.take(hex(e.value.session), [e.value], (c) => !this.wrote(c));
      case "typing":
        return this.chats.typists.take(e.value);
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

function without<V>(all: ReadonlyMap<string, V>, id: string): ReadonlyMap<string, V> {
  const left = new Map(all);
  left.delete(id);
  return left;
}
