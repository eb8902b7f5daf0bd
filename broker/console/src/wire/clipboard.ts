import { MalformedError } from "./error.ts";
import { maxClipboard } from "./limits.ts";

/** Reads the payload of a Clipboard message: UTF-8 without NUL, and nothing else. */
export function parseClipboard(payload: Uint8Array): string {
  if (payload.length > maxClipboard) throw new MalformedError(`clipboard of ${payload.length} bytes`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    throw new MalformedError("clipboard that is no text");
  }
  if (text.includes("\0")) throw new MalformedError("clipboard that is no text");
  return text;
}
