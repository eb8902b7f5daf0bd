/** A part of what somebody wrote: plain words, or an address of the web. */
export interface Piece {
  readonly text: string;
  /** As it would be opened; undefined: words. */
  readonly url?: string;
}

const address = /https?:\/\/[^\s<>"'`\\^{|}]+/gi;
const after = /[.,;:!?)\]*_~]+$/; // ends a sentence more often than an address

/** Finds the addresses in a text. All pieces together are the text. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const m of text.matchAll(address)) {
    const said = m[0].replace(after, "");
    const url = urlOf(said);
    if (url === undefined) continue;
    if (m.index > at) pieces.push({ text: text.slice(at, m.index) });
    pieces.push({ text: said, url });
    at = m.index + said.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** The address in full, the host as it is asked for; an address that carries a name and a password is none. */
function urlOf(said: string): string | undefined {
  let u: URL;
  try {
    u = new URL(said);
  } catch {
    return undefined;
  }
  return u.username === "" && u.password === "" && u.hostname !== "" ? u.href : undefined;
}
