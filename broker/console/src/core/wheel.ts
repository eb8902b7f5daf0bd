import { wheelNotch } from "../wire/input.ts";

/** What Wheel reads of a DOM WheelEvent. */
export interface WheelStep {
  readonly deltaX: number;
  readonly deltaY: number;
  readonly deltaMode: number; // 0 pixels, 1 lines, 2 pages
  readonly wheelDeltaX?: number; // 1/120 of a notch, other sign: most browsers have it
  readonly wheelDeltaY?: number;
}

// What browsers report for one notch: 100 CSS pixels on Windows and macOS
// (Linux sends 120), three lines, one page.
const perNotch: Readonly<Record<number, number>> = { 0: 100, 1: 3, 2: 1 };
const limit = 32767; // of an i16

/** Wheel turns scroll distances into 1/120 of a notch and keeps the fractions. */
export class Wheel {
  #x = 0;
  #y = 0;

  step(e: WheelStep): { dx: number; dy: number } {
    if (e.wheelDeltaX || e.wheelDeltaY) {
      this.#x -= e.wheelDeltaX ?? 0;
      this.#y -= e.wheelDeltaY ?? 0;
    } else {
      const scale = wheelNotch / (perNotch[e.deltaMode] ?? 100);
      this.#x += e.deltaX * scale;
      this.#y += e.deltaY * scale;
    }
    const dx = whole(this.#x);
    const dy = whole(this.#y);
    this.#x -= dx;
    this.#y -= dy;
    return { dx, dy };
  }
}

/** The whole steps of a sum of fractions, which may have lost a hair to rounding. */
function whole(v: number): number {
  return Math.min(limit, Math.max(-limit, Math.trunc(v + Math.sign(v) * 1e-6))) || 0;
}
