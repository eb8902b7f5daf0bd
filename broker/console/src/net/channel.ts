import type { Media } from "../wire/media.ts";
import type { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";

/**
 * Channel carries the media messages of one viewer. Both kinds carry the same
 * bytes. read is called by one reader at a time; send never blocks; close may
 * be called at any time, more than once, and ends a blocked read.
 */
export interface Channel {
  readonly via: "webtransport" | "websocket";
  /** The next message; undefined when the other side has ended the stream. Throws MalformedError or LinkError. */
  read(): Promise<Media | undefined>;
  /** Queues a packed message. After close, or when the peer takes nothing any more, it is dropped. */
  send(message: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Raw bytes in both directions, before and under the messages. */
export interface Pipe {
  readonly via: Channel["via"];
  /** The next bytes, of any length for a stream and one whole message for a WebSocket; undefined at the end. */
  receive(): Promise<Uint8Array | undefined>;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** The way to the broker broke or could not be opened: try again. */
export class LinkError extends Error {
  override readonly name = "LinkError";
}

/** The other side said no, with a code. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: ErrorCode;
  readonly detail: string;
  readonly retryAfterMs: number;
  constructor(code: ErrorCode, detail: string, retryAfterMs: number) {
    super(detail || `refused with code ${code}`);
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What SessionService.Attach gave. */
export interface Ticket {
  readonly ticket: string;
  readonly webtransport: string; // empty: not offered
  readonly hashes: readonly Uint8Array<ArrayBuffer>[];
  readonly websocket: string;
}

/** Bytes that may wait for a slow link before input is dropped; a second of typing and motion is under 16 KiB. */
export const sendLimit = 1 << 20;
