/** Bytes in lower-case hex. */
export function hex(b: Uint8Array): string {
  return Array.from(b, (v) => v.toString(16).padStart(2, "0")).join("");
}

/** Bytes of hex of our own making. */
export function unhex(text: string): Uint8Array<ArrayBuffer> {
  const b = new Uint8Array(text.length / 2);
  for (let i = 0; i < b.length; i++) b[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return b;
}
