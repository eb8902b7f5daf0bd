import { type Span, type Timed, keyFor, segmentAt } from "../../core/recording.ts";
import { type Media, MediaKind } from "../../wire/media.ts";

// Decoded segments kept, so that going back a little costs nothing.
const keptSegments = 12;
// The next segment is fetched when playing comes so near to it.
const aheadMs = 4000;

export type PlayerState = "paused" | "playing" | "waiting" | "ended" | "failed";

/** Where a player's segments come from and where its messages go. */
export interface PlayerParts {
  readonly spans: readonly Span[];
  readonly lengthMs: number;
  /** Gives the messages of a segment. */
  fetch(index: number): Promise<readonly Timed[]>;
  /** Shows messages; fresh: what came before does not count. */
  show(media: readonly Media[], fresh: boolean): Promise<void>;
  changed(): void;
}

/**
 * Player is the clock of a recording. One loop feeds the screen with what is
 * due; a seek makes it begin anew at the last segment that has a beginning.
 */
export class Player {
  readonly #p: PlayerParts;
  readonly #segments = new Map<number, Promise<readonly Timed[]>>();
  readonly #here = new Set<number>(); // segments that have arrived
  #turn = 0; // of the loop that runs
  #frame = 0;
  #from = 0; // position when the clock was started
  #started = 0;
  #fed = -1; // time up to which everything is shown; -1: nothing is
  #lead = Number.POSITIVE_INFINITY; // from here to #fed stands a picture that comes a little later
  #speed = 1;
  state: PlayerState = "paused";
  error = "";
  /** The time whose picture is on the screen. */
  shownAt = -1;

  constructor(parts: PlayerParts) {
    this.#p = parts;
  }

  get speed(): number {
    return this.#speed;
  }
  set speed(v: number) {
    this.#rebase(this.position);
    this.#speed = v;
    this.#p.changed();
  }

  /** Milliseconds since the recording's start. */
  get position(): number {
    const run = this.state === "playing" ? (performance.now() - this.#started) * this.#speed : 0;
    return Math.min(this.#p.lengthMs, this.#from + run);
  }

  async play(): Promise<void> {
    if (this.state === "playing") return;
    if (this.position >= this.#p.lengthMs) await this.seek(0);
    this.#rebase(this.position);
    this.#set("playing");
    this.#loop(++this.#turn);
  }

  pause(): void {
    if (this.state !== "playing" && this.state !== "waiting") return;
    this.#rebase(this.position);
    this.#turn++;
    this.#set("paused");
  }

  toggle(): void {
    if (this.state === "playing" || this.state === "waiting") this.pause();
    else void this.play();
  }

  /** Shows the picture of a time; playing goes on from there. */
  async seek(ms: number): Promise<void> {
    const to = Math.min(this.#p.lengthMs, Math.max(0, ms));
    const playing = this.state === "playing" || this.state === "waiting";
    const turn = ++this.#turn;
    this.#rebase(to);
    this.#set(playing ? "waiting" : "paused");
    try {
      await this.#showAt(to, turn);
    } catch (err) {
      if (turn === this.#turn) this.#fail(err);
      return;
    }
    if (turn !== this.#turn) return;
    this.#rebase(to);
    if (!playing) return this.#p.changed();
    this.#set("playing");
    this.#loop(turn);
  }

  close(): void {
    this.#turn++;
    cancelAnimationFrame(this.#frame);
  }

  async #showAt(to: number, turn: number): Promise<void> {
    if (to >= this.#lead && to <= this.#fed) {
      this.shownAt = to;
      return;
    }
    const key = keyFor(this.#p.spans, to);
    const last = segmentAt(this.#p.spans, to);
    // Forwards without a beginning in between, what is shown already counts.
    const begin = this.#p.spans[key]?.from ?? 0;
    const onwards = this.#fed >= begin && this.#fed <= to;
    const first = onwards ? segmentAt(this.#p.spans, this.#fed) : key;
    const loaded = await Promise.all(Array.from({ length: last - first + 1 }, (_, i) => this.#load(first + i)));
    if (turn !== this.#turn) return;
    const after = onwards ? this.#fed : -1;
    const all = loaded.flat();
    // Before the first picture there is nothing to show: it is shown early.
    const begins = onwards ? undefined : all.find((t) => t.media.kind === MediaKind.Update)?.at;
    const upTo = Math.max(to, begins ?? 0);
    const media = all.filter((t) => t.at <= upTo && t.at > after);
    this.#lead = upTo > to ? to : Number.POSITIVE_INFINITY;
    this.#fed = upTo;
    await this.#p.show(media.map((t) => t.media), !onwards);
    this.shownAt = to;
  }

  #loop(turn: number): void {
    this.#frame = requestAnimationFrame(() => {
      if (turn !== this.#turn) return;
      this.#step(turn).then(
        () => {
          if (turn === this.#turn) this.#loop(turn);
        },
        (err: unknown) => {
          if (turn === this.#turn) this.#fail(err);
        },
      );
    });
  }

  async #step(turn: number): Promise<void> {
    const now = this.position;
    const at = segmentAt(this.#p.spans, now);
    const here = this.#load(at);
    if (at + 1 < this.#p.spans.length && (this.#p.spans[at]?.to ?? 0) - now < aheadMs * this.#speed) void this.#load(at + 1).catch(() => {});
    // The clock stands while a segment is on its way.
    if (!this.#here.has(at)) {
      this.#rebase(now);
      this.#set("waiting");
      await here;
      if (turn !== this.#turn) return;
      this.#rebase(now);
      this.#set("playing");
    }
    await this.#showAt(now, turn);
    if (turn !== this.#turn) return;
    this.#p.changed();
    if (now >= this.#p.lengthMs) {
      this.#rebase(now);
      this.#turn++;
      this.#set("ended");
    }
  }

  #load(index: number): Promise<readonly Timed[]> {
    const known = this.#segments.get(index);
    if (known) {
      this.#segments.delete(index);
      this.#segments.set(index, known);
      return known;
    }
    const loading = this.#p.fetch(index);
    this.#segments.set(index, loading);
    loading.then(
      () => this.#here.add(index),
      () => this.#segments.delete(index),
    );
    for (const old of this.#segments.keys()) {
      if (this.#segments.size <= keptSegments) break;
      this.#segments.delete(old);
      this.#here.delete(old);
    }
    return loading;
  }

  #rebase(at: number): void {
    this.#from = at;
    this.#started = performance.now();
  }

  #fail(err: unknown): void {
    this.#turn++;
    this.#rebase(this.position);
    this.#fed = -1;
    this.error = err instanceof Error ? err.message : String(err);
    this.#set("failed");
  }

  #set(state: PlayerState): void {
    this.state = state;
    this.#p.changed();
  }
}
