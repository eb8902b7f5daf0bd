import type { CursorShape } from "./messages.ts";

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly rgba: Uint8Array;
}

/** CursorPictures turns the endpoint's pointer shapes into pictures that a style sheet can show. Only the newest is finished. */
export class CursorPictures {
  readonly #done: (shape: CursorShape | null) => void;
  #newest = 0;

  constructor(done: (shape: CursorShape | null) => void) {
    this.#done = done;
  }

  take(raw: Raw | null): void {
    const turn = ++this.#newest;
    if (!raw) {
      this.#done(null);
      return;
    }
    const { width, height, x, y } = raw;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    if (!context) return;
    context.putImageData(new ImageData(new Uint8ClampedArray(raw.rgba), width, height), 0, 0);
    canvas.convertToBlob({ type: "image/png" }).then(
      (png) => {
        if (turn === this.#newest) this.#done({ width, height, x, y, png });
      },
      () => {}, // the former shape stays
    );
  }
}
