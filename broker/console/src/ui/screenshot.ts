import type { Snapshot } from "./viewer/element.ts";

/** A snapshot as a PNG picture. */
export async function pngOf(s: Snapshot): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = s.width;
  canvas.height = s.height;
  const context = canvas.getContext("2d", { alpha: false, colorSpace: "srgb" });
  if (!context) throw new Error("no 2D canvas");
  context.putImageData(new ImageData(s.pixels, s.width, s.height), 0, 0);
  return new Promise((resolve, reject) => canvas.toBlob((b) => (b ? resolve(b) : reject(new Error("no picture"))), "image/png"));
}

/** Puts a picture into the clipboard; the browser decides whether it may. */
export async function copyPicture(png: Promise<Blob>): Promise<void> {
  if (!navigator.clipboard || typeof ClipboardItem !== "function") throw new Error("no clipboard");
  // A promise within the item keeps the click's permission while the picture is made.
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}
