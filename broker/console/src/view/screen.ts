import type { Framebuffer } from "../core/framebuffer.ts";
import type { Rect } from "../wire/op.ts";

// Above this many rectangles one upload of their bounding box is cheaper than
// one call for each.
const manyRects = 64;

/** Screen shows a framebuffer on a canvas, pixel for pixel: opaque, without colour management. */
export class Screen {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  #image: ImageData | undefined;

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext("2d", { alpha: false, colorSpace: "srgb", desynchronized: false });
    if (!context) throw new Error("no 2D canvas");
    this.#canvas = canvas;
    this.#context = context;
  }

  /** Puts what changed on the canvas. After this call it is there. */
  show(fb: Framebuffer, damage: readonly Rect[]): void {
    if (fb.width === 0 || damage.length === 0) return;
    if (this.#image?.data !== fb.pixels) {
      this.#canvas.width = fb.width;
      this.#canvas.height = fb.height;
      this.#image = new ImageData(fb.pixels, fb.width, fb.height, { colorSpace: "srgb" });
      damage = [{ x: 0, y: 0, w: fb.width, h: fb.height }];
    }
    for (const r of damage.length > manyRects ? [bounds(damage)] : damage) {
      this.#context.putImageData(this.#image, 0, 0, r.x, r.y, r.w, r.h);
    }
  }

  /** What the canvas holds, read back from it. */
  read(): ImageData {
    return this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height, { colorSpace: "srgb" });
  }
}

function bounds(rects: readonly Rect[]): Rect {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = 0;
  let bottom = 0;
  for (const r of rects) {
    left = Math.min(left, r.x);
    top = Math.min(top, r.y);
    right = Math.max(right, r.x + r.w);
    bottom = Math.max(bottom, r.y + r.h);
  }
  return { x: left, y: top, w: right - left, h: bottom - top };
}
