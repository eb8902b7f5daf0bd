import { type DescMessage, type MessageShape, fromBinary, toBinary } from "@bufbuild/protobuf";
import { MalformedError, TruncatedError } from "./error.ts";
import { maxControl } from "./limits.ts";

/** Length of what stands before a control message: a big-endian u32. */
export const controlHeaderSize = 4;

/** Packs m as one control message: its length, then protobuf. */
export function packControl<D extends DescMessage>(desc: D, m: MessageShape<D>): Uint8Array<ArrayBuffer> {
  const body = toBinary(desc, m);
  if (body.length > maxControl) throw new RangeError(`control message of ${body.length} bytes`);
  const b = new Uint8Array(controlHeaderSize + body.length);
  new DataView(b.buffer).setUint32(0, body.length);
  b.set(body, controlHeaderSize);
  return b;
}

/** The length of the body that the header at the front of b announces. */
export function controlLength(b: Uint8Array): number {
  if (b.length < controlHeaderSize) throw new TruncatedError();
  const n = new DataView(b.buffer, b.byteOffset, b.byteLength).getUint32(0);
  if (n > maxControl) throw new MalformedError(`control message of ${n} bytes`);
  return n;
}

/** Reads a control message that fills b exactly. */
export function parseControl<D extends DescMessage>(desc: D, b: Uint8Array): MessageShape<D> {
  if (controlLength(b) !== b.length - controlHeaderSize) throw new MalformedError("length of control message");
  return parseMessage(desc, b.subarray(controlHeaderSize));
}

/** Reads protobuf, turning its errors into a MalformedError. */
export function parseMessage<D extends DescMessage>(desc: D, b: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(desc, b);
  } catch (err) {
    throw new MalformedError(`${desc.name}: ${err instanceof Error ? err.message : "unreadable"}`);
  }
}
