import type { Keyboard } from "../../core/keyboard.ts";

/** What KeyCapture needs of the viewer. */
export interface KeySurface {
  readonly controls: boolean;
  readonly keyboard: Keyboard;
  /** The person wants out of the screen, back to the page. */
  leave(): void;
}

/**
 * Listens to the keyboard through a text field that nobody sees: input methods
 * and dead keys need one. Everything is let go when the field loses the focus
 * or the page is left.
 */
export function captureKeys(field: HTMLTextAreaElement, surface: KeySurface, signal: AbortSignal): void {
  const keyboard = surface.keyboard;
  let timer = 0;
  let composing = false;
  const release = () => {
    window.clearTimeout(timer);
    field.value = "";
    if (surface.controls) keyboard.releaseAll();
  };

  field.addEventListener(
    "keydown",
    (e) => {
      if (isLeave(e)) {
        e.preventDefault();
        release();
        surface.leave();
        return;
      }
      if (!surface.controls) return;
      if (keyboard.down(e)) e.preventDefault();
      window.clearTimeout(timer);
      if (keyboard.altGrWait > 0) timer = window.setTimeout(() => keyboard.settle(), keyboard.altGrWait);
    },
    { signal },
  );
  field.addEventListener(
    "keyup",
    (e) => {
      if (surface.controls && keyboard.up(e)) e.preventDefault();
    },
    { signal },
  );
  field.addEventListener("compositionstart", () => { composing = true; }, { signal });
  field.addEventListener(
    "compositionend",
    (e) => {
      composing = false;
      if (surface.controls) keyboard.text(e.data);
      field.value = "";
    },
    { signal },
  );
  field.addEventListener(
    "input",
    (e) => {
      if (composing || (e as InputEvent).isComposing) return;
      if (surface.controls && field.value !== "") keyboard.text(field.value);
      field.value = "";
    },
    { signal },
  );
  field.addEventListener("paste", (e) => e.preventDefault(), { signal });
  field.addEventListener("blur", release, { signal });
  window.addEventListener("blur", release, { signal });
  window.addEventListener("pagehide", release, { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.hidden) release();
    },
    { signal },
  );
}

/** Ctrl + Alt + Shift + B leads to the bar: the way out for people without a mouse. */
function isLeave(e: KeyboardEvent): boolean {
  return e.ctrlKey && e.altKey && e.shiftKey && e.code === "KeyB";
}
