import { signal } from "@preact/signals";
import type { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";

/** A call that waits for a second factor. */
export interface WantedProof {
  readonly code: ErrorCode;
  /** Ends the wait: the call goes on, or fails as it did. */
  settle(proved: boolean): void;
}

/** Proofs asks for one second factor at a time; calls that need one meanwhile wait for the same. */
export class Proofs {
  readonly wanted = signal<WantedProof | undefined>(undefined);
  #pending: Promise<boolean> | undefined;

  ask(code: ErrorCode): Promise<boolean> {
    this.#pending ??= new Promise((resolve) => {
      this.wanted.value = {
        code,
        settle: (proved) => {
          this.wanted.value = undefined;
          this.#pending = undefined;
          resolve(proved);
        },
      };
    });
    return this.#pending;
  }
}
