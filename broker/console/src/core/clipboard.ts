import { maxClipboard, maxInputText } from "../wire/limits.ts";

/** The most that is typed as keystrokes: some minutes of a slow program. */
export const maxTyped = 16 << 10;

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** What can be sent of a clipboard: no NUL, which no text has; undefined: it is too long. */
export function sendable(text: string, limit = maxClipboard): string | undefined {
  const clean = text.replaceAll("\0", "");
  return bytes(clean) > limit ? undefined : clean;
}

/** Cuts text into parts of at most so many bytes, never within a character. */
export function parts(text: string, limit = maxInputText): string[] {
  const all: string[] = [];
  let part = "";
  let size = 0;
  for (const c of text.replaceAll("\r\n", "\n")) {
    const n = bytes(c);
    if (size + n > limit) {
      all.push(part);
      part = "";
      size = 0;
    }
    part += c;
    size += n;
  }
  if (part) all.push(part);
  return all;
}
