import { Keyboard, type Platform } from "../../core/keyboard.ts";
import { Outbox } from "../../core/outbox.ts";
import { parts } from "../../core/clipboard.ts";
import { type Placement, type ScaleMode, canvasPixel, place } from "../../core/scale.ts";
import { errorWords } from "../../core/words.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import type { Failure } from "../../net/api.ts";
import type { Ticket } from "../../net/channel.ts";
import type { Clipboard, FromWorker, Screen, ToWorker } from "../../view/messages.ts";
import { type Input, InputKind } from "../../wire/input.ts";
import type { Point } from "../../wire/op.ts";
import { RemoteCursor } from "./cursor.ts";
import { captureKeys } from "./keys.ts";
import { Link, type LinkState } from "./link.ts";
import { capturePointer } from "./pointer.ts";
import { startWorker } from "./start.ts";

/** What a viewer shows at the moment. */
export interface ViewerStatus {
  readonly link: LinkState;
  readonly via: "" | "webtransport" | "websocket";
  readonly failure: Failure | undefined;
  readonly screen: Screen | undefined;
  /** What may be done with the endpoint's clipboard, by its own word. */
  readonly clipboard: Clipboard | undefined;
  readonly width: number;
  readonly height: number;
}

/** Pixels of the canvas, read back: R, G, B, A bytes from the top left. */
export interface Snapshot {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

// The endpoint's own pointer is shown when it is elsewhere than ours was, this
// long after we moved last: until then it is only late.
const ghostMs = 400;

/**
 * <alongside-viewer>: a remote screen. It keeps itself attached with the tickets
 * it is given, captures pointer and keyboard while the endpoint accepts them,
 * and fires "viewerchange" when status has changed.
 */
export class ViewerElement extends HTMLElement {
  /** Gives a new ticket for each attachment. Set before the element is connected. */
  tickets: () => Promise<Ticket> = () => Promise.reject(new Error("no tickets"));
  /** Called when the person leaves the screen by the keyboard. */
  leave: () => void = () => {};
  /** Called with text that was copied at the endpoint. */
  copied: (text: string) => void = () => {};
  /** Called when the endpoint says something about its clipboard. */
  noted: (state: Clipboard) => void = () => {};
  /** Called when something came from the broker. */
  heard: () => void = () => {};

  readonly #canvas = document.createElement("canvas");
  readonly #field = document.createElement("textarea");
  readonly #ghost = document.createElement("img");
  readonly #cursor = new RemoteCursor(this.#canvas, this.#ghost);
  readonly #outbox = new Outbox((payload) => this.#tell({ type: "input", payload }, [payload.buffer]));
  readonly #keyboard = new Keyboard(platform(), (e) => this.#push(e));
  readonly #link = new Link(
    () => this.tickets(),
    (ticket) => this.#tell({ type: "attach", ticket, monitor: this.#monitor, paused: document.hidden }),
    () => this.#changed(),
  );
  readonly #snapshots = new Map<number, (s: Snapshot) => void>();
  #worker: Worker | undefined;
  #life = new AbortController();
  #placement: Placement = { left: 0, top: 0, width: 0, height: 0 };
  #scale: ScaleMode = "fit";
  #monitor = 0;
  #size = { width: 0, height: 0 };
  #screen: Screen | undefined;
  #clipboard: Clipboard | undefined;
  #pastes = 0;
  #via: ViewerStatus["via"] = "";
  #frame = 0;
  #own: Point = { x: -1, y: -1 }; // where our pointer was last
  #remote: Point | undefined;
  #ghostTimer = 0;
  /** Updates shown since the element was made. */
  shown = 0;

  connectedCallback(): void {
    if (this.#worker) return;
    const signal = this.#life.signal;
    this.#canvas.className = "viewer-canvas";
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", "Remote screen");
    this.#field.className = "viewer-keys";
    this.#field.setAttribute("aria-label", "Keyboard of the remote screen. Ctrl Alt Shift B leads back to the bar.");
    for (const name of ["autocapitalize", "autocomplete", "autocorrect"]) this.#field.setAttribute(name, "off");
    this.#field.spellcheck = false;
    this.#ghost.className = "viewer-pointer";
    this.#ghost.alt = "";
    this.#ghost.hidden = true;
    this.append(this.#canvas, this.#ghost, this.#field);

    const worker = startWorker();
    this.#worker = worker;
    worker.onmessage = (e: MessageEvent<FromWorker>) => this.#take(e.data);
    worker.onerror = () => this.#unable("the viewer could not be loaded");
    const canvas = this.#canvas.transferControlToOffscreen();
    this.#tell({ type: "canvas", canvas }, [canvas]);

    const surface = this.#surface();
    capturePointer(this.#canvas, surface, signal);
    captureKeys(this.#field, surface, signal);
    const observer = new ResizeObserver(() => this.#layout());
    observer.observe(this);
    signal.addEventListener("abort", () => observer.disconnect());
    window.addEventListener("resize", () => this.#layout(), { signal });
    window.addEventListener("online", () => this.#link.hurry(), { signal });
    document.addEventListener("visibilitychange", () => this.#sendView(), { signal });
    this.#link.connect();
  }

  disconnectedCallback(): void {
    if (this.controls) this.#keyboard.releaseAll();
    this.#life.abort();
    this.#link.stop();
    cancelAnimationFrame(this.#frame);
    window.clearTimeout(this.#ghostTimer);
    this.#cursor.close();
    this.#tell({ type: "detach" });
    const worker = this.#worker;
    // The release of the keys leaves first.
    window.setTimeout(() => worker?.terminate(), 1000);
  }

  get status(): ViewerStatus {
    return { link: this.#link.state, via: this.#via, failure: this.#link.failure, screen: this.#screen, clipboard: this.#clipboard, ...this.#size };
  }

  /** Whether input is sent: the link is open and the endpoint accepts it. */
  get controls(): boolean {
    return this.#link.state === "open" && this.#screen?.control === true;
  }

  get scale(): ScaleMode {
    return this.#scale;
  }
  set scale(mode: ScaleMode) {
    this.#scale = mode;
    this.dataset["scale"] = mode;
    this.#layout();
  }

  /** The monitor asked for; 0 is all of them. */
  get monitor(): number {
    return this.#monitor;
  }
  set monitor(id: number) {
    this.#monitor = id;
    this.#sendView();
  }

  /** Presses a combination of keys given by their DOM codes. */
  press(codes: readonly string[]): void {
    if (this.controls) this.#keyboard.combination(codes);
    this.focus();
  }

  /** Puts text into the endpoint's clipboard; "noted" tells with this number how it went. */
  paste(text: string): number {
    this.#tell({ type: "paste", seq: ++this.#pastes, text });
    return this.#pastes;
  }

  /** Asks for text that was copied at the endpoint: last, or next. */
  copy(next: boolean): void {
    this.#tell({ type: "copy", next });
  }

  /** Types text as keystrokes. */
  type(text: string): void {
    if (!this.controls) return;
    for (const part of parts(text)) this.#push({ kind: InputKind.Text, text: part });
    this.focus();
  }

  override focus(): void {
    this.#field.focus({ preventScroll: true });
  }

  /** Tries to attach at once. */
  retry(): void {
    this.#link.hurry();
  }

  /** Reads the canvas back. */
  snapshot(): Promise<Snapshot> {
    return new Promise((resolve) => {
      const id = this.#snapshots.size + 1 + Math.floor(performance.now() * 1000);
      this.#snapshots.set(id, resolve);
      this.#tell({ type: "snapshot", id });
    });
  }

  /** Where a canvas pixel's centre is on the page, in CSS pixels. */
  pagePoint(x: number, y: number): Point {
    const r = this.#canvas.getBoundingClientRect();
    return { x: r.left + ((x + 0.5) * r.width) / this.#size.width, y: r.top + ((y + 0.5) * r.height) / this.#size.height };
  }

  #surface() {
    const viewer = this;
    return {
      get controls() {
        return viewer.controls;
      },
      keyboard: this.#keyboard,
      pixel: (clientX: number, clientY: number) => {
        const r = this.#canvas.getBoundingClientRect();
        return canvasPixel({ x: clientX - r.left, y: clientY - r.top }, r, this.#size);
      },
      focusKeys: () => this.focus(),
      leave: () => this.leave(),
      send: (e: Input) => this.#push(e),
    };
  }

  #push(e: Input): void {
    if ("x" in e) this.#own = e;
    this.#outbox.push(e);
    if (e.kind !== InputKind.Motion) return;
    this.#ghostLater();
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#outbox.flush();
      });
    }
  }

  #take(m: FromWorker): void {
    switch (m.type) {
      case "open":
        this.#via = m.via;
        return this.#link.opened();
      case "lost":
        this.#outbox.clear();
        this.#screen = undefined;
        this.#clipboard = undefined;
        this.#cursor.apply(false);
        return this.#link.lost({ code: m.code, field: "", text: errorWords(m.code, m.detail), unreachable: false }, m.final, m.retryAfterMs);
      case "unable":
        return this.#unable(m.detail);
      case "state":
        this.#screen = m.state;
        this.#cursor.apply(this.controls);
        this.#placeGhost();
        return this.#changed();
      case "copied":
        return this.copied(m.text);
      case "clipboard":
        this.#clipboard = m.state;
        this.#changed();
        return this.noted(m.state);
      case "size":
        this.#size = { width: m.width, height: m.height };
        this.#layout();
        return this.#changed();
      case "shown":
        this.shown++;
        this.heard();
        return this.#link.proven();
      case "cursor":
        this.#cursor.set(m.shape);
        this.#cursor.apply(this.controls);
        return this.#placeGhost();
      case "pointer":
        this.#remote = m;
        return this.#ghostLater();
      case "snapshot":
        this.#snapshots.get(m.id)?.(m);
        this.#snapshots.delete(m.id);
    }
  }

  #unable(detail: string): void {
    this.#link.lost({ code: ErrorCode.INTERNAL, field: "", text: `This browser cannot show the screen: ${detail}`, unreachable: false }, true, 0);
  }

  #sendView(): void {
    if (this.#link.state === "open") this.#tell({ type: "view", monitor: this.#monitor, paused: document.hidden });
  }

  #tell(m: ToWorker, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(m, transfer);
  }

  #changed(): void {
    this.dataset["link"] = this.#link.state;
    this.dataset["clipboard"] = [this.#clipboard?.toEndpoint && "to", this.#clipboard?.fromEndpoint && "from"].filter(Boolean).join(" ");
    this.dispatchEvent(new Event("viewerchange"));
  }

  #layout(): void {
    const box = this.getBoundingClientRect();
    const p = place(this.#scale, this.#size, { width: this.clientWidth, height: this.clientHeight }, devicePixelRatio);
    // The element itself may begin between two device pixels.
    const snap = (v: number) => Math.round(v * devicePixelRatio) / devicePixelRatio - v;
    this.#placement = { ...p, left: p.left + snap(box.left), top: p.top + snap(box.top) };
    const style = this.#canvas.style;
    style.left = `${this.#placement.left}px`;
    style.top = `${this.#placement.top}px`;
    style.width = `${p.width}px`;
    style.height = `${p.height}px`;
    this.dataset["exact"] = String(Math.abs(p.width * devicePixelRatio - this.#size.width) < 0.5);
    this.#placeGhost();
  }

  #ghostLater(): void {
    this.#cursor.ghost(undefined);
    window.clearTimeout(this.#ghostTimer);
    this.#ghostTimer = window.setTimeout(() => this.#placeGhost(), this.controls ? ghostMs : 0);
  }

  #placeGhost(): void {
    const at = this.#remote;
    const elsewhere = at && (!this.controls || Math.abs(at.x - this.#own.x) > 1 || Math.abs(at.y - this.#own.y) > 1);
    if (!at || !elsewhere || this.#link.state !== "open" || this.#size.width === 0) return this.#cursor.ghost(undefined);
    const scale = this.#placement.width / this.#size.width;
    this.#cursor.ghost({ left: this.#placement.left + at.x * scale, top: this.#placement.top + at.y * scale, scale });
  }
}

function platform(): Platform {
  const p = navigator.platform;
  return p.startsWith("Win") ? "windows" : p.startsWith("Mac") || /^(iPad|iPhone)/.test(p) ? "mac" : "other";
}
