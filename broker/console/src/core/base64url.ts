const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Bytes as base64url without padding, as WebAuthn writes them in JSON. */
export function toBase64url(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i] ?? 0, bytes[i + 1], bytes[i + 2]];
    const n = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const four = [18, 12, 6, 0].map((s) => letters[(n >> s) & 63]).join("");
    out += four.slice(0, b === undefined ? 2 : c === undefined ? 3 : 4);
  }
  return out;
}

/** The bytes of base64url; padding and the letters of plain base64 are taken too. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const clean = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const out = new Uint8Array(Math.floor((clean.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const c of clean) {
    const v = letters.indexOf(c);
    if (v < 0) throw new RangeError("not base64url");
    held = ((held << 6) | v) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = (held >> bits) & 255;
  }
  return out;
}
