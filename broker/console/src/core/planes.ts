import { MalformedError } from "../wire/error.ts";
import type { Rect } from "../wire/op.ts";
import { predict } from "./history.ts";
import type { Section } from "./section.ts";

const opaque = 0xff000000;

/**
 * Decodes rectangles of photographs into out, one after the other: three planes
 * of differences to the prediction (green; red and blue less green's).
 */
export function decodePlanes(rects: readonly Rect[], planes: readonly Section[], out: Uint32Array): void {
  for (const p of planes) if (p.bytes.length !== out.length) throw new MalformedError("plane of another size");
  const [green, red, blue] = planes.map((p) => p.bytes) as [Uint8Array, Uint8Array, Uint8Array];
  let at = 0;
  for (const { w, h } of rects) {
    for (let y = 0; y < h; y++) {
      let l = y > 0 ? (out[at - w] as number) : 0;
      let c = l;
      for (const end = at + w; at < end; at++) {
        let q = l;
        if (y > 0) {
          const a = out[at - w] as number;
          q = predict(l, a, c);
          c = a;
        }
        const g = green[at] as number;
        l = opaque | (((q >> 16) + (blue[at] as number) + g) & 0xff) << 16 | (((q >> 8) + g) & 0xff) << 8 | ((q + (red[at] as number) + g) & 0xff);
        out[at] = l;
      }
    }
  }
}
