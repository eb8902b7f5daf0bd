import { place } from "../../core/scale.ts";
import type { FromWorker, ToWorker } from "../../view/messages.ts";
import type { Media } from "../../wire/media.ts";
import type { Point } from "../../wire/op.ts";
import { RemoteCursor } from "../viewer/cursor.ts";
import { startWorker } from "../viewer/start.ts";

/**
 * <alongside-player>: the screen of a recording, painted by the same worker as
 * a live one. It shows what it is given; when, is the caller's matter.
 */
export class PlayerElement extends HTMLElement {
  readonly #canvas = document.createElement("canvas");
  readonly #ghost = document.createElement("img");
  readonly #cursor = new RemoteCursor(this.#canvas, this.#ghost);
  readonly #life = new AbortController();
  readonly #waiting = new Map<number, (error: string) => void>();
  #worker: Worker | undefined;
  #next = 1;
  #size = { width: 0, height: 0 };
  #pointer: Point | undefined;
  /** Times that something was put on the canvas. */
  shown = 0;

  connectedCallback(): void {
    if (this.#worker) return;
    this.#canvas.className = "viewer-canvas";
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", "Recorded screen");
    this.#ghost.className = "viewer-pointer";
    this.#ghost.alt = "";
    this.#ghost.hidden = true;
    this.append(this.#canvas, this.#ghost);
    const worker = startWorker();
    this.#worker = worker;
    worker.onmessage = (e: MessageEvent<FromWorker>) => this.#take(e.data);
    worker.onerror = () => this.#fail("the player could not be loaded");
    const canvas = this.#canvas.transferControlToOffscreen();
    this.#tell({ type: "canvas", canvas, recorded: true }, [canvas]);
    const observer = new ResizeObserver(() => this.#layout());
    observer.observe(this);
    this.#life.signal.addEventListener("abort", () => observer.disconnect());
  }

  disconnectedCallback(): void {
    this.#life.abort();
    this.#cursor.close();
    this.#worker?.terminate();
    this.#fail("closed");
  }

  /** Shows messages together. Rejects when they cannot be read. */
  play(media: readonly Media[], fresh: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, (error) => (error === "" ? resolve() : reject(new Error(error))));
      this.#tell({ type: "play", id, fresh, media });
    });
  }

  #take(m: FromWorker): void {
    switch (m.type) {
      case "size":
        this.#size = { width: m.width, height: m.height };
        return this.#layout();
      case "shown":
        this.shown++;
        return;
      case "cursor":
        this.#cursor.set(m.shape);
        return this.#layout();
      case "pointer":
        this.#pointer = m;
        return this.#layout();
      case "played":
        this.#waiting.get(m.id)?.(m.error);
        this.#waiting.delete(m.id);
        return;
      case "unable":
        return this.#fail(m.detail);
      default:
    }
  }

  #fail(why: string): void {
    for (const end of this.#waiting.values()) end(why);
    this.#waiting.clear();
  }

  #tell(m: ToWorker, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(m, transfer);
  }

  #layout(): void {
    const p = place("fit", this.#size, { width: this.clientWidth, height: this.clientHeight }, devicePixelRatio);
    const style = this.#canvas.style;
    style.left = `${p.left}px`;
    style.top = `${p.top}px`;
    style.width = `${p.width}px`;
    style.height = `${p.height}px`;
    if (!this.#pointer || this.#size.width === 0) return this.#cursor.ghost(undefined);
    const scale = p.width / this.#size.width;
    this.#cursor.ghost({ left: p.left + this.#pointer.x * scale, top: p.top + this.#pointer.y * scale, scale });
  }
}
