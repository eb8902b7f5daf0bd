import { MalformedError } from "../wire/error.ts";
import { maxPhotoScale } from "../wire/limits.ts";

/** Pixels of a decoded picture: R, G, B, A bytes. */
export type Rgba = Uint8Array | Uint8ClampedArray;

/**
 * Decodes a JPEG that fills w x h pixels: it has as many, or is 2, 4 or 8 times
 * smaller and is enlarged. The size is read before anything is decoded.
 */
export async function decodeJPEG(data: Uint8Array, w: number, h: number): Promise<Rgba> {
  const size = jpegSize(data);
  if (!photoSize(size.w, size.h, w, h)) throw new MalformedError(`picture of ${size.w}x${size.h} for ${w}x${h}`);
  const own = data.slice(); // the payload's buffer must stay ours
  try {
    const rgba = await (typeof ImageDecoder === "undefined" ? byBitmap(own, size.w, size.h) : byDecoder(own, size.w, size.h));
    return size.w === w && size.h === h ? rgba : enlarge(rgba, size.w, size.h, w, h);
  } catch (err) {
    throw new MalformedError(`picture does not decode: ${err instanceof Error ? err.message : String(err)}`);
  }
}

async function byDecoder(data: Uint8Array<ArrayBuffer>, w: number, h: number): Promise<Rgba> {
  const decoder = new ImageDecoder({ type: "image/jpeg", data, colorSpaceConversion: "none" });
  try {
    const { image } = await decoder.decode();
    try {
      if (image.displayWidth !== w || image.displayHeight !== h) throw new RangeError("size");
      const rgba = new Uint8Array(w * h * 4);
      const options: VideoFrameCopyToOptions = { format: "RGBA", colorSpace: "srgb", rect: { x: 0, y: 0, width: w, height: h } };
      if (image.allocationSize(options) !== rgba.length) throw new RangeError("format");
      await image.copyTo(rgba, options);
      return rgba;
    } finally {
      image.close();
    }
  } finally {
    decoder.close();
  }
}

async function byBitmap(data: Uint8Array<ArrayBuffer>, w: number, h: number): Promise<Rgba> {
  const bitmap = await createImageBitmap(new Blob([data], { type: "image/jpeg" }), { colorSpaceConversion: "none" });
  try {
    const context = new OffscreenCanvas(w, h).getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) throw new RangeError("no canvas");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, w, h).data;
  } finally {
    bitmap.close();
  }
}

/** Tells whether a picture of w x h pixels may fill a rectangle of rectW x rectH. */
export function photoSize(w: number, h: number, rectW: number, rectH: number): boolean {
  for (let n = 1; n <= maxPhotoScale; n *= 2) {
    if (w === Math.ceil(rectW / n) && h === Math.ceil(rectH / n)) return true;
  }
  return false;
}

/** Enlarges a picture smoothly: each pixel is mixed of the four next to its place. */
export function enlarge(from: Rgba, fromW: number, fromH: number, w: number, h: number): Uint8Array {
  const to = new Uint8Array(w * h * 4);
  const left = new Int32Array(w); // offset of the pixel to the left of each place
  const right = new Int32Array(w);
  const part = new Float32Array(w); // how much counts the one to the right
  for (let x = 0; x < w; x++) {
    const at = Math.min(Math.max(((x + 0.5) * fromW) / w - 0.5, 0), fromW - 1);
    left[x] = 4 * Math.floor(at);
    right[x] = 4 * Math.min(Math.floor(at) + 1, fromW - 1);
    part[x] = at - Math.floor(at);
  }
  for (let y = 0, out = 0; y < h; y++) {
    const at = Math.min(Math.max(((y + 0.5) * fromH) / h - 0.5, 0), fromH - 1);
    const above = 4 * fromW * Math.floor(at);
    const below = 4 * fromW * Math.min(Math.floor(at) + 1, fromH - 1);
    const down = at - Math.floor(at);
    for (let x = 0; x < w; x++, out += 4) {
      const l = left[x] as number;
      const r = right[x] as number;
      const p = part[x] as number;
      for (let k = 0; k < 3; k++) {
        const a = from[above + l + k] as number;
        const b = from[below + l + k] as number;
        const upper = a + ((from[above + r + k] as number) - a) * p;
        const lower = b + ((from[below + r + k] as number) - b) * p;
        to[out + k] = upper + (lower - upper) * down + 0.5;
      }
      to[out + 3] = 255;
    }
  }
  return to;
}

/** The size in the frame header of a JPEG. */
export function jpegSize(b: Uint8Array): { w: number; h: number } {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  if (b.length < 4 || v.getUint16(0) !== 0xffd8) throw new MalformedError("not a JPEG");
  for (let at = 2; at + 9 <= b.length; ) {
    if (v.getUint8(at) !== 0xff) break;
    const marker = v.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    // SOF0 to SOF15 but DHT, JPG and DAC, which share the range. Baseline only: a
    // progressive one is minutes of work in a few bytes.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (marker !== 0xc0) throw new MalformedError("not a baseline JPEG");
      return { w: v.getUint16(at + 7), h: v.getUint16(at + 5) };
    }
    at += 2 + v.getUint16(at + 2);
  }
  throw new MalformedError("JPEG without a frame header");
}
