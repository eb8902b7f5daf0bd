import { type Input, InputKind, packInput } from "../wire/input.ts";

/**
 * Outbox orders input on its way out. Motion waits for the next animation frame
 * and only the last of it is sent; anything else goes at once, with the motion
 * before it in front: motion never passes a press, a release or a wheel step.
 */
export class Outbox {
  readonly #send: (payload: Uint8Array<ArrayBuffer>) => void;
  #motion: Input | undefined;

  constructor(send: (payload: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  push(e: Input): void {
    if (e.kind === InputKind.Motion) {
      this.#motion = e;
      return;
    }
    const events = this.#motion ? [this.#motion, e] : [e];
    this.#motion = undefined;
    this.#send(packInput(events));
  }

  /** Whether flush has something to do. */
  get waiting(): boolean {
    return this.#motion !== undefined;
  }

  /** Sends the motion that waits. Called once per animation frame. */
  flush(): void {
    if (!this.#motion) return;
    const e = this.#motion;
    this.#motion = undefined;
    this.#send(packInput([e]));
  }

  /** Forgets what waits: nobody is there to get it. */
  clear(): void {
    this.#motion = undefined;
  }
}
