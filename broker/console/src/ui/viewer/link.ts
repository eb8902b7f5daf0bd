import { Backoff } from "../../core/backoff.ts";
import { mayRetry } from "../../core/codes.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { type Failure, failure } from "../../net/api.ts";
import type { Ticket } from "../../net/channel.ts";

/** "ended": it will not come back by itself; failure says why. */
export type LinkState = "connecting" | "open" | "lost" | "ended";

// The first try comes at once for a person, the later ones spare the broker.
const baseMs = 400;
const capMs = 8000;

/** Link keeps a viewer attached: a ticket for each try, and a growing wait between them. */
export class Link {
  readonly #tickets: () => Promise<Ticket>;
  readonly #attach: (t: Ticket) => void;
  readonly #changed: () => void;
  readonly #backoff = new Backoff(baseMs, capMs);
  #timer = 0;
  #turn = 0;
  state: LinkState = "connecting";
  failure: Failure | undefined;

  constructor(tickets: () => Promise<Ticket>, attach: (t: Ticket) => void, changed: () => void) {
    this.#tickets = tickets;
    this.#attach = attach;
    this.#changed = changed;
  }

  /** Asks for a ticket and attaches, now. */
  connect(): void {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.#tickets().then(
      (t) => {
        if (turn === this.#turn) this.#attach(t);
      },
      (err: unknown) => {
        if (turn !== this.#turn) return;
        const f = failure(err);
        this.lost(f, !f.unreachable && !mayRetry(f.code), 0);
      },
    );
  }

  opened(): void {
    this.#set("open", undefined);
  }

  /** Pixels arrive: the link is good. */
  proven(): void {
    this.#backoff.reset();
  }

  lost(why: Failure, final: boolean, retryAfterMs: number): void {
    this.#turn++;
    this.#set(final ? "ended" : "lost", why);
    if (final) return;
    const wait = Math.max(this.#backoff.next(), Math.min(retryAfterMs, 4 * capMs));
    this.#timer = window.setTimeout(() => this.connect(), wait);
  }

  /** Tries again at once when it waits: the network is back, or the person asks. */
  hurry(): void {
    if (this.state !== "lost" && this.state !== "ended") return;
    this.#set("lost", this.failure);
    this.connect();
  }

  stop(): void {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#set("ended", { code: ErrorCode.UNSPECIFIED, field: "", text: "", unreachable: false });
  }

  #set(state: LinkState, why: Failure | undefined): void {
    this.state = state;
    this.failure = why;
    this.#changed();
  }
}
