const maxBlock = 128 << 10;

/** Packs bytes as a zstd frame of raw blocks (RFC 8878): nothing is compressed, but every decoder reads it. */
export function storeZstd(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.max(1, Math.ceil(data.length / maxBlock));
  const out = new Uint8Array(9 + blocks * 3 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0xfd2fb528, true);
  out[4] = 0xa0; // one segment, size in four bytes
  view.setUint32(5, data.length, true);
  let at = 9;
  for (let i = 0; i < blocks; i++) {
    const part = data.subarray(i * maxBlock, (i + 1) * maxBlock);
    const head = (part.length << 3) | (i === blocks - 1 ? 1 : 0);
    out[at] = head & 0xff;
    out[at + 1] = (head >> 8) & 0xff;
    out[at + 2] = head >> 16;
    out.set(part, at + 3);
    at += 3 + part.length;
  }
  return out;
}
