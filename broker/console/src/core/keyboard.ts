import { type Input, InputKind } from "../wire/input.ts";
import { usageOf } from "./keymap.ts";
import { splitText } from "./text.ts";

/** What Keyboard reads of a DOM KeyboardEvent. */
export interface KeyEvent {
  readonly code: string;
  readonly key: string;
  readonly keyCode: number; // 229: an input method has it
  readonly repeat: boolean;
  readonly isComposing: boolean;
  readonly timeStamp: number; // ms
}

export type Platform = "windows" | "mac" | "other";

/** How long after a Ctrl on Windows the AltRight of an AltGr comes at the latest. Both come from one press; 50 ms allow for a busy page. */
const altGrMs = 50;

/**
 * Keyboard turns key events of the browser into input events: the physical key
 * and the text it produced. It remembers what is down, so that nothing stays
 * down at the endpoint.
 *
 *   down, up → true: taken, the browser must not act on it
 *   down → false: an input method or a dead key is at work; its text comes
 *          later, through text()
 */
export class Keyboard {
  readonly #platform: Platform;
  readonly #send: (e: Input) => void;
  readonly #down = new Map<string, number>();
  #ctrl: KeyEvent | undefined; // Windows: a ControlLeft that may be half of an AltGr

  constructor(platform: Platform, send: (e: Input) => void) {
    this.#platform = platform;
    this.#send = send;
  }

  down(e: KeyEvent): boolean {
    if (this.#altGr(e)) return true;
    if (e.isComposing || e.keyCode === 229 || e.key === "Process" || e.key === "Dead") return false;
    const code = usageOf(e.code);
    const text = produced(e.key);
    if (code === undefined) {
      if (text !== "") this.#send({ kind: InputKind.Text, text });
      return text !== "";
    }
    if (e.code === "CapsLock" && this.#platform === "mac") {
      this.#tap(code); // macOS tells of it once per change, never of both edges
      return true;
    }
    this.#down.set(e.code, code);
    this.#send({ kind: InputKind.Key, code, down: true, text });
    return true;
  }

  up(e: KeyEvent): boolean {
    if (e.code === "ControlLeft") this.settle(); // pressed and let go alone
    if (e.code === "CapsLock" && this.#platform === "mac") {
      this.#tap(usageOf(e.code) ?? 0);
      return true;
    }
    if (e.code === "PrintScreen" && !this.#down.has(e.code)) {
      this.#tap(usageOf(e.code) ?? 0); // Windows tells only of its release
      return true;
    }
    const code = this.#down.get(e.code);
    if (code === undefined) return false;
    this.#down.delete(e.code);
    this.#send({ kind: InputKind.Key, code, down: false, text: "" });
    if (this.#platform === "mac" && e.code.startsWith("Meta")) this.#releaseHeld();
    return true;
  }

  /** Text of an input method, a dead key or an on-screen keyboard. */
  text(text: string): void {
    for (const part of splitText(text)) this.#send({ kind: InputKind.Text, text: part });
  }

  /** Sends a Ctrl that waited for its AltGr. Called altGrWait after a key that returned with one waiting. */
  settle(): void {
    const e = this.#ctrl;
    if (!e) return;
    this.#ctrl = undefined;
    const code = usageOf(e.code) ?? 0;
    this.#down.set(e.code, code);
    this.#send({ kind: InputKind.Key, code, down: true, text: "" });
  }

  /** Milliseconds after which settle must be called, 0 when nothing waits. */
  get altGrWait(): number {
    return this.#ctrl ? altGrMs : 0;
  }

  /** Whether any key is down. */
  get held(): boolean {
    return this.#down.size > 0;
  }

  /** Lets everything go: focus, page or connection is lost. */
  releaseAll(): void {
    this.#ctrl = undefined;
    this.#down.clear();
    this.#send({ kind: InputKind.ReleaseAll });
  }

  /** Presses a combination in order and releases it in the opposite one. */
  combination(codes: readonly string[]): void {
    const usages = codes.map((c) => usageOf(c)).filter((u) => u !== undefined);
    for (const code of usages) this.#send({ kind: InputKind.Key, code, down: true, text: "" });
    for (const code of usages.reverse()) this.#send({ kind: InputKind.Key, code, down: false, text: "" });
  }

  /**
   * Windows reports AltGr as ControlLeft and then AltRight. The Ctrl is kept
   * until the next key shows whether it was one.
   */
  #altGr(e: KeyEvent): boolean {
    if (this.#platform !== "windows") return false;
    const ctrl = this.#ctrl;
    if (ctrl) {
      if (e.code === "AltRight" && e.timeStamp - ctrl.timeStamp <= altGrMs) this.#ctrl = undefined;
      else this.settle();
    }
    if (e.code !== "ControlLeft" || e.repeat || this.#down.has(e.code)) {
      return e.code === "ControlLeft" && this.#down.has("AltRight"); // the Ctrl of an AltGr that repeats
    }
    this.#ctrl = e;
    return true;
  }

  #tap(code: number): void {
    this.#send({ kind: InputKind.Key, code, down: true, text: "" });
    this.#send({ kind: InputKind.Key, code, down: false, text: "" });
  }

  /** macOS drops the release of keys that go up while Command is down. */
  #releaseHeld(): void {
    for (const [name, code] of this.#down) {
      if (/^(Shift|Control|Alt|Meta)/.test(name)) continue;
      this.#down.delete(name);
      this.#send({ kind: InputKind.Key, code, down: false, text: "" });
    }
  }
}

/** The text of KeyboardEvent.key: one character, else it is the name of a key. */
function produced(key: string): string {
  const chars = [...key];
  if (chars.length === 1) return key;
  // A character with its combining marks is longer but never plain ASCII, as names are.
  return key !== "" && !/^[\x20-\x7e]+$/.test(key) ? key : "";
}
