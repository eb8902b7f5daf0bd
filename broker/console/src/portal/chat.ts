import { signal } from "@preact/signals";
import { type PortalApi, portalFailure } from "../net/portal.ts";
import { Backoff } from "../core/backoff.ts";
import { OwnTyping, typingForMs } from "../core/typing.ts";
import type { VisitState } from "../gen/alongside/console/v1/portal_pb.ts";
import { SessionPhase } from "../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import type { Chat as Message } from "../gen/alongside/wire/v1/session_pb.ts";
import { Receipts } from "./receipts.ts";

// The token is kept for a reload of this one window, and gone with it.
const kept = "alongside-visit";
// A stream without a ping for this long is taken for dead: pings come more often.
const silentMs = 60_000;

/** One chat of the portal page: it holds the stream and comes back by itself. */
export class Visit {
  readonly state = signal<VisitState | undefined>(undefined);
  readonly said = signal<readonly Message[]>([]);
  /** Names of the reps who write now. */
  readonly writing = signal<readonly string[]>([]);
  readonly connected = signal(false);
  /** Why it will not come back by itself; unset: it does. */
  readonly refused = signal<ErrorCode | undefined>(undefined);
  readonly #api: PortalApi;
  readonly token: string;
  readonly typing: OwnTyping;
  readonly #receipts: Receipts;
  readonly #writers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #life = new AbortController();

  constructor(api: PortalApi, token: string) {
    this.#api = api;
    this.token = token;
    this.typing = new OwnTyping((typing) => api.typeChat({ token, typing }), () => performance.now());
    this.#receipts = new Receipts(api, token, this.#life.signal);
    sessionStorage.setItem(kept, token);
  }

  static kept(): string {
    return sessionStorage.getItem(kept) ?? "";
  }

  get over(): boolean {
    const phase = this.state.value?.phase;
    return phase === SessionPhase.ENDED || phase === SessionPhase.EXPIRED || phase === SessionPhase.CANCELLED || phase === SessionPhase.DENIED;
  }

  /** Watches until the chat is over or forgotten. */
  async watch(): Promise<void> {
    const wait = new Backoff(500, 15_000);
    for (let refusals = 0; !this.#life.signal.aborted && !this.over; ) {
      try {
        await this.#once(() => {
          wait.reset();
          refusals = 0;
        });
      } catch (err) {
        const { code } = portalFailure(err);
        // A window that was closed a moment ago may still count.
        if (code === ErrorCode.SESSION_UNKNOWN || (code === ErrorCode.BUSY && ++refusals > 3)) {
          this.refused.value = code;
          return;
        }
      }
      this.connected.value = false;
      if (!this.over) await new Promise((done) => setTimeout(done, wait.next()));
    }
  }

  async #once(alive: () => void): Promise<void> {
    const turn = new AbortController();
    const stop = () => turn.abort();
    this.#life.signal.addEventListener("abort", stop);
    let timer = setTimeout(stop, silentMs);
    try {
      for await (const { event } of this.#api.watchChat({ token: this.token }, { signal: turn.signal })) {
        clearTimeout(timer);
        timer = setTimeout(stop, silentMs);
        alive();
        this.connected.value = true;
        if (event.case === "state") this.state.value = event.value;
        else if (event.case === "chat") this.take(event.value);
        else if (event.case === "typing") this.#writes(event.value.name, event.value.typing);
      }
    } finally {
      clearTimeout(timer);
      this.#life.signal.removeEventListener("abort", stop);
    }
  }

  /** A rep writes until they stop, send it, or are silent for a while. */
  #writes(name: string, typing: boolean): void {
    clearTimeout(this.#writers.get(name));
    this.#writers.delete(name);
    if (typing) this.#writers.set(name, setTimeout(() => this.#writes(name, false), typingForMs));
    this.writing.value = [...this.#writers.keys()];
  }

  take(m: Message): void {
    if (!m.fromCustomer) {
      this.#writes(m.from, false);
      this.#receipts.came(m.seq);
    }
    const rest = this.said.value.filter((x) => x.seq !== m.seq);
    this.said.value = [...rest, m].sort((a, b) => (a.seq < b.seq ? -1 : 1));
  }

  async say(text: string): Promise<void> {
    this.typing.sent();
    const { chat } = await this.#api.sayChat({ token: this.token, text });
    if (chat) this.take(chat);
  }

  forget(): void {
    sessionStorage.removeItem(kept);
    this.#life.abort();
  }
}
