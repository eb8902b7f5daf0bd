/** The peer broke the protocol: end the stream. */
export class MalformedError extends Error {
  override readonly name: string = "MalformedError";
}

/** Bytes are missing. */
export class TruncatedError extends MalformedError {
  override readonly name = "TruncatedError";
  constructor() {
    super("truncated");
  }
}
