import { MalformedError, TruncatedError } from "./error.ts";
import { maxMediaPayload } from "./limits.ts";

/** What the payload of a media message is. */
export const MediaKind = {
  Update: 1, // agent: operations on the canvas
  State: 2, // agent: ScreenState
  Input: 3, // viewer: input events
  Shown: 4, // viewer: the update of this epoch and seq is on the canvas
  View: 5, // viewer: ViewSettings
  End: 6, // agent or broker: Refusal, why no more will come
  Clipboard: 7, // both: text
  ClipboardNote: 8, // viewer: ClipboardWish; agent: ClipboardState
} as const;

/** One message on a media stream; kind may be one this version does not know. */
export interface Media {
  readonly kind: number;
  readonly flags: number;
  readonly epoch: number;
  readonly seq: number;
  readonly payload: Uint8Array;
}

export const mediaHeaderSize = 16;
/** A payload that only agent and viewer can open. */
export const flagSealed = 1;

export function packMedia(m: Media): Uint8Array<ArrayBuffer> {
  if (m.payload.length > maxMediaPayload) throw new RangeError(`media payload of ${m.payload.length} bytes`);
  const b = new Uint8Array(mediaHeaderSize + m.payload.length);
  const v = new DataView(b.buffer);
  v.setUint32(0, m.payload.length);
  v.setUint8(4, m.kind);
  v.setUint8(5, m.flags);
  v.setUint32(8, m.epoch);
  v.setUint32(12, m.seq);
  b.set(m.payload, mediaHeaderSize);
  return b;
}

/** The length of the payload that the header at the front of b announces. */
export function mediaLength(b: Uint8Array): number {
  if (b.length < mediaHeaderSize) throw new TruncatedError();
  const n = new DataView(b.buffer, b.byteOffset, b.byteLength).getUint32(0);
  if (n > maxMediaPayload) throw new MalformedError(`media payload of ${n} bytes`);
  return n;
}

/** Reads a message that fills b exactly. The payload aliases b. */
export function parseMedia(b: Uint8Array): Media {
  const n = mediaLength(b);
  if (b.length - mediaHeaderSize !== n) {
    throw new MalformedError(`media length ${n} in a message of ${b.length} bytes`);
  }
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  return {
    kind: v.getUint8(4),
    flags: v.getUint8(5),
    epoch: v.getUint32(8),
    seq: v.getUint32(12),
    payload: b.subarray(mediaHeaderSize),
  };
}
