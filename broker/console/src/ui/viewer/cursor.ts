import type { CursorShape } from "../../view/messages.ts";

// Browsers show no larger cursor than this many CSS pixels.
const maxCursor = 128;

/** RemoteCursor shows the endpoint's pointer shape as the local cursor, and as a picture where the endpoint's own pointer is. */
export class RemoteCursor {
  readonly #surface: HTMLElement;
  readonly #ghost: HTMLImageElement;
  #url = "";
  shape: CursorShape | null | undefined;

  constructor(surface: HTMLElement, ghost: HTMLImageElement) {
    this.#surface = surface;
    this.#ghost = ghost;
  }

  set(shape: CursorShape | null): void {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = shape ? URL.createObjectURL(shape.png) : "";
    this.shape = shape;
    if (this.#url) this.#ghost.src = this.#url;
  }

  /** Sets the local cursor; without control it stays the browser's own. */
  apply(controls: boolean): void {
    this.#surface.style.cursor = controls ? this.#style() : "";
  }

  /** Shows or hides the endpoint's pointer at a place of the surface, in CSS pixels. */
  ghost(place: { left: number; top: number; scale: number } | undefined): void {
    const s = this.shape;
    this.#ghost.hidden = !place || !s;
    if (!place || !s) return;
    this.#ghost.style.width = `${s.width * place.scale}px`;
    this.#ghost.style.left = `${place.left - s.x * place.scale}px`;
    this.#ghost.style.top = `${place.top - s.y * place.scale}px`;
  }

  close(): void {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = "";
  }

  #style(): string {
    const s = this.shape;
    if (s === undefined) return "default";
    if (s === null) return "none";
    const perPixel = Math.max(devicePixelRatio, s.width / maxCursor, s.height / maxCursor);
    if (perPixel === 1) return `url("${this.#url}") ${s.x} ${s.y}, default`;
    return `image-set(url("${this.#url}") ${perPixel}x) ${s.x / perPixel} ${s.y / perPixel}, default`;
  }
}
