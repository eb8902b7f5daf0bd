import { maxInputText } from "../wire/limits.ts";

/** Splits text between characters into parts of at most limit bytes of UTF-8. */
export function splitText(text: string, limit = maxInputText): string[] {
  const parts: string[] = [];
  let part = "";
  let size = 0;
  for (const c of text) {
    const n = utf8Length(c);
    if (size + n > limit) {
      parts.push(part);
      part = "";
      size = 0;
    }
    part += c;
    size += n;
  }
  if (part !== "") parts.push(part);
  return parts;
}

/** Bytes of UTF-8 of a text. */
export function utf8Length(text: string): number {
  let n = 0;
  for (const c of text) {
    const p = c.codePointAt(0) ?? 0;
    n += p < 0x80 ? 1 : p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
  }
  return n;
}
