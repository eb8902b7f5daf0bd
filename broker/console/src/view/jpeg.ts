import { MalformedError } from "../wire/error.ts";

/** Pixels of a decoded picture: R, G, B, A bytes. */
export type Rgba = Uint8Array | Uint8ClampedArray;

/** Decodes a JPEG of exactly w x h pixels. The size is read before anything is decoded. */
export async function decodeJPEG(data: Uint8Array, w: number, h: number): Promise<Rgba> {
  const size = jpegSize(data);
  if (size.w !== w || size.h !== h) throw new MalformedError(`picture of ${size.w}x${size.h} for ${w}x${h}`);
  const own = data.slice(); // the payload's buffer must stay ours
  try {
    return await (typeof ImageDecoder === "undefined" ? byBitmap(own, w, h) : byDecoder(own, w, h));
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
