import { Backoff } from "../core/backoff.ts";
import { ChatArrival } from "../gen/alongside/wire/v1/chat_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { type PortalApi, portalFailure } from "../net/portal.ts";

// What the broker takes at once.
const mostAtOnce = 200;

/** Receipts tells the broker how far messages of reps have come: to this page, and to the customer's eyes while it is visible. */
export class Receipts {
  readonly #told = new Map<bigint, ChatArrival>(); // of every message that came
  readonly #api: PortalApi;
  readonly #token: string;
  readonly #life: AbortSignal;
  #busy = false;

  constructor(api: PortalApi, token: string, life: AbortSignal) {
    this.#api = api;
    this.#token = token;
    this.#life = life;
    document.addEventListener("visibilitychange", () => void this.#tell(), { signal: life });
  }

  came(seq: bigint): void {
    if (!this.#told.has(seq)) this.#told.set(seq, ChatArrival.UNSPECIFIED);
    void this.#tell();
  }

  /** Tells all that is new, in as few calls as it takes, and again where one fails. */
  async #tell(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const wait = new Backoff(2000, 30_000);
    while (!this.#life.aborted) {
      const arrival = document.visibilityState === "visible" ? ChatArrival.SHOWN : ChatArrival.DELIVERED;
      const seq = [...this.#told].filter(([, told]) => told < arrival).map(([seq]) => seq).slice(0, mostAtOnce);
      if (seq.length === 0) break;
      try {
        await this.#api.acknowledgeChat({ token: this.#token, seq, arrival });
        for (const s of seq) this.#told.set(s, arrival);
        wait.reset();
      } catch (err) {
        if (portalFailure(err).code === ErrorCode.SESSION_UNKNOWN) break; // over, or this page will hear that it is
        await new Promise((done) => setTimeout(done, wait.next()));
      }
    }
    this.#busy = false;
  }
}
