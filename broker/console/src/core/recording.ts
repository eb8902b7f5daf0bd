import { MalformedError } from "../wire/error.ts";
import { type Media, mediaHeaderSize, mediaLength, parseMedia } from "../wire/media.ts";

/** A media message of a recording with its time, in milliseconds since the recording's start. */
export interface Timed {
  readonly at: number;
  readonly media: Media;
}

/** Where a segment lies; key: playing may start at it. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly key: boolean;
}

const timeSize = 4;

/** A span whose picture was not kept, in milliseconds. */
export interface Mask {
  readonly from: number;
  readonly to: number;
}

/** The masks among a recording's marks; one without an end goes on to the end. */
export function masks(marks: readonly { readonly kind: string; readonly atMs: bigint; readonly untilMs: bigint }[], lengthMs: number): Mask[] {
  return marks.filter((m) => m.kind === "mask").map((m) => ({ from: Number(m.atMs), to: m.untilMs === 0n ? lengthMs : Number(m.untilMs) }));
}

/** Whether the picture of a time was not kept. */
export function maskedAt(all: readonly Mask[], ms: number): boolean {
  return all.some((m) => m.from <= ms && ms < m.to);
}

/** Reads a segment: media messages, each behind its time as four bytes, most significant first. */
export function parseSegment(bytes: Uint8Array): Timed[] {
  const all: Timed[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < timeSize + mediaHeaderSize) throw new MalformedError("segment ends within a header");
    const time = view.getUint32(at);
    at += timeSize;
    const end = at + mediaHeaderSize + mediaLength(bytes.subarray(at));
    if (end > bytes.length) throw new MalformedError("segment ends within a message");
    all.push({ at: time, media: parseMedia(bytes.slice(at, end)) }); // bytes of its own: it travels to the worker
    at = end;
  }
  return all;
}

/** The segment that a time lies in: the last that begins at or before it. */
export function segmentAt(spans: readonly Span[], ms: number): number {
  const at = spans.findLastIndex((s) => s.from <= ms);
  return Math.max(0, at);
}

/** The segment from which a time can be played: the last with a beginning of its own. */
export function keyFor(spans: readonly Span[], ms: number): number {
  const here = segmentAt(spans, ms);
  for (let i = here; i >= 0; i--) if (spans[i]?.key) return i;
  return 0;
}

export const speeds = [0.5, 1, 2, 4, 8] as const;

/** The speed that is so many steps faster or slower. */
export function otherSpeed(now: number, steps: number): number {
  const at = speeds.findIndex((s) => s === now);
  return speeds[Math.min(speeds.length - 1, Math.max(0, (at < 0 ? 1 : at) + steps))] ?? 1;
}
