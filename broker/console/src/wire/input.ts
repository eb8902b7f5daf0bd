import { MalformedError } from "./error.ts";
import { maxInputEvents, maxInputText } from "./limits.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** What an input event is. */
export const InputKind = {
  Motion: 1,
  Button: 2,
  Wheel: 3,
  Key: 4,
  Text: 5,
  ReleaseAll: 6,
} as const;

/** One notch of a wheel in the units of dx and dy. Positive dy scrolls down, positive dx right. */
export const wheelNotch = 120;

/**
 * One input event. x and y are canvas pixels. code is a HID usage of the
 * keyboard page: the physical key; text is what the press produced here.
 */
export type Input =
  | { readonly kind: typeof InputKind.Motion; readonly x: number; readonly y: number }
  | { readonly kind: typeof InputKind.Button; readonly x: number; readonly y: number; readonly button: number; readonly down: boolean }
  | { readonly kind: typeof InputKind.Wheel; readonly x: number; readonly y: number; readonly dx: number; readonly dy: number }
  | { readonly kind: typeof InputKind.Key; readonly code: number; readonly down: boolean; readonly text: string }
  | { readonly kind: typeof InputKind.Text; readonly text: string }
  | { readonly kind: typeof InputKind.ReleaseAll };

/** Packs events as the payload of an Input message. */
export function packInput(events: readonly Input[]): Uint8Array<ArrayBuffer> {
  const w = new Writer();
  for (const e of events) {
    w.u8(e.kind);
    switch (e.kind) {
      case InputKind.Motion:
        w.u16(e.x);
        w.u16(e.y);
        break;
      case InputKind.Button:
        w.u16(e.x);
        w.u16(e.y);
        w.u8(e.button);
        w.u8(e.down ? 1 : 0);
        break;
      case InputKind.Wheel:
        w.u16(e.x);
        w.u16(e.y);
        w.i16(e.dx);
        w.i16(e.dy);
        break;
      case InputKind.Key:
        w.u16(e.code);
        w.u8(e.down ? 1 : 0);
        w.text(e.text);
        break;
      case InputKind.Text:
        w.text(e.text);
        break;
      case InputKind.ReleaseAll:
        break;
    }
  }
  return w.done();
}

export function parseInput(payload: Uint8Array): Input[] {
  const r = new Reader(payload);
  const events: Input[] = [];
  while (r.left > 0) {
    if (events.length === maxInputEvents) throw new MalformedError(`more than ${maxInputEvents} input events`);
    events.push(parseEvent(r));
  }
  return events;
}

function parseEvent(r: Reader): Input {
  const kind = r.u8();
  switch (kind) {
    case InputKind.Motion:
      return { kind, x: r.u16(), y: r.u16() };
    case InputKind.Button:
      return { kind, x: r.u16(), y: r.u16(), button: r.u8(), down: r.flag() };
    case InputKind.Wheel:
      return { kind, x: r.u16(), y: r.u16(), dx: r.i16(), dy: r.i16() };
    case InputKind.Key:
      return { kind, code: r.u16(), down: r.flag(), text: r.text(maxInputText) };
    case InputKind.Text:
      return { kind, text: r.text(maxInputText) };
    case InputKind.ReleaseAll:
      return { kind };
    default:
      throw new MalformedError(`input kind ${kind}`);
  }
}
