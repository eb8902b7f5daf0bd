import { Wheel } from "../../core/wheel.ts";
import { type Input, InputKind } from "../../wire/input.ts";
import type { Point } from "../../wire/op.ts";

/** What PointerCapture needs of the element it listens on. */
export interface PointerSurface {
  /** The canvas pixel under a point of the page. */
  pixel(clientX: number, clientY: number): Point;
  /** Whether input is taken now. */
  readonly controls: boolean;
  focusKeys(): void;
  send(e: Input): void;
}

/** Listens to mouse and wheel on an element until the signal ends it. */
export function capturePointer(element: HTMLElement, surface: PointerSurface, signal: AbortSignal): void {
  const wheel = new Wheel();
  const held = new Set<number>();
  const at = (e: MouseEvent) => surface.pixel(e.clientX, e.clientY);

  element.addEventListener(
    "pointerdown",
    (e) => {
      // Drags go on outside of the element.
      if (surface.controls) element.setPointerCapture(e.pointerId);
    },
    { signal },
  );
  element.addEventListener(
    "pointermove",
    (e) => {
      if (surface.controls) surface.send({ kind: InputKind.Motion, ...at(e) });
    },
    { signal },
  );
  element.addEventListener(
    "mousedown",
    (e) => {
      e.preventDefault(); // no selection, no autoscroll, no loss of focus
      surface.focusKeys();
      if (!surface.controls || e.button > 4) return;
      held.add(e.button);
      surface.send({ kind: InputKind.Button, ...at(e), button: e.button, down: true });
    },
    { signal },
  );
  element.addEventListener(
    "mouseup",
    (e) => {
      e.preventDefault(); // back and forward would leave the page
      if (!held.delete(e.button)) return;
      surface.send({ kind: InputKind.Button, ...at(e), button: e.button, down: false });
    },
    { signal },
  );
  element.addEventListener(
    "lostpointercapture",
    (e) => {
      for (const button of held) {
        // The button went up where no event told of it.
        if (e.buttons & [1, 4, 2, 8, 16][button]!) continue;
        held.delete(button);
        surface.send({ kind: InputKind.Button, ...at(e), button, down: false });
      }
    },
    { signal },
  );
  element.addEventListener(
    "wheel",
    (e) => {
      if (!surface.controls) return;
      e.preventDefault();
      const step = wheel.step(e as WheelEvent & { wheelDeltaX?: number; wheelDeltaY?: number });
      if (step.dx !== 0 || step.dy !== 0) surface.send({ kind: InputKind.Wheel, ...at(e), ...step });
    },
    { signal, passive: false },
  );
  for (const name of ["contextmenu", "auxclick", "dragstart"]) {
    element.addEventListener(name, (e) => e.preventDefault(), { signal });
  }
}
