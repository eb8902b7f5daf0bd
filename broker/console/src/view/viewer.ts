import { create, toBinary } from "@bufbuild/protobuf";
import { mayRetry } from "../core/codes.ts";
import { Framebuffer } from "../core/framebuffer.ts";
import { RefusalSchema } from "../gen/alongside/wire/v1/link_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { ClipboardStateSchema, ClipboardWishSchema, ScreenStateSchema, ViewSettingsSchema } from "../gen/alongside/wire/v1/viewer_pb.ts";
import { attach } from "../net/attach.ts";
import { type Channel, RefusedError, type Ticket } from "../net/channel.ts";
import { parseClipboard } from "../wire/clipboard.ts";
import { parseMessage } from "../wire/control.ts";
import { MalformedError } from "../wire/error.ts";
import { type Media, MediaKind, flagSealed, packMedia } from "../wire/media.ts";
import { OpKind } from "../wire/op.ts";
import { parseUpdate } from "../wire/update.ts";
import { CursorPictures } from "./cursor.ts";
import type { FromWorker } from "./messages.ts";
import { type Codecs, operations, paint } from "./painter.ts";
import { Screen } from "./screen.ts";

// The most that cached tiles may take; two 4K screens of raw pixels.
const cacheBytes = 64 << 20;
// A peer that broke the protocol once is trusted again after so many good updates.
const goodUpdates = 200;
const nothing = new Uint8Array(0);

/**
 * Viewer is one canvas and, while attached, the channel that fills it. Updates
 * are read, applied and shown strictly one after the other; each is credited
 * with Shown when its pixels are on the canvas.
 */
export class Viewer {
  readonly #post: (m: FromWorker) => void;
  readonly #codecs: Codecs;
  readonly #screen: Screen;
  readonly #cursor: CursorPictures;
  readonly #fb = new Framebuffer(cacheBytes);
  #life: AbortController | undefined; // of the attached channel
  #channel: Channel | undefined;
  #view = { monitor: 0, paused: false };
  #inputSeq = 0;
  #epoch = 0;
  #seq = 0;
  #broken = false; // the epoch is of no use; a refresh was asked for
  #offences = 0;
  #good = 0;

  constructor(canvas: OffscreenCanvas, codecs: Codecs, post: (m: FromWorker) => void) {
    this.#post = post;
    this.#codecs = codecs;
    this.#screen = new Screen(canvas);
    this.#cursor = new CursorPictures((shape) => post({ type: "cursor", shape }));
  }

  /** Replaces the channel. How it ends is posted as "lost". */
  attach(ticket: Ticket, monitor: number, paused: boolean): void {
    this.detach();
    const life = new AbortController();
    this.#life = life;
    this.#view = { monitor, paused };
    this.#run(ticket, life.signal).then(
      () => this.#lost(life, ErrorCode.UNSPECIFIED, "", 0, false),
      (err: unknown) => {
        if (err instanceof RefusedError) this.#lost(life, err.code, err.detail, err.retryAfterMs, !mayRetry(err.code));
        else if (err instanceof MalformedError) this.#lost(life, ErrorCode.MALFORMED, err.message, 0, this.#offend());
        else this.#lost(life, ErrorCode.UNSPECIFIED, err instanceof Error ? err.message : String(err), 0, false);
      },
    );
  }

  detach(): void {
    this.#life?.abort();
    this.#life = undefined;
    this.#channel?.close();
    this.#channel = undefined;
  }

  view(monitor: number, paused: boolean): void {
    const other = monitor !== this.#view.monitor;
    this.#view = { monitor, paused };
    this.#sendView(other);
  }

  input(payload: Uint8Array): void {
    this.#send(MediaKind.Input, 0, ++this.#inputSeq, payload);
  }

  /** Puts text into the endpoint's clipboard. */
  paste(seq: number, text: string): void {
    this.#send(MediaKind.Clipboard, 0, seq, new TextEncoder().encode(text));
  }

  /** Asks for text that was copied at the endpoint. */
  copy(next: boolean): void {
    this.#send(MediaKind.ClipboardNote, 0, 0, toBinary(ClipboardWishSchema, create(ClipboardWishSchema, { next })));
  }

  snapshot(): ImageData {
    return this.#screen.read();
  }

  async #run(ticket: Ticket, signal: AbortSignal): Promise<void> {
    const channel = await attach(ticket, signal);
    if (signal.aborted) {
      channel.close();
      return;
    }
    this.#channel = channel;
    this.#inputSeq = 0;
    this.#epoch = 0;
    this.#seq = 0;
    this.#broken = false;
    this.#sendView(true);
    this.#post({ type: "open", via: channel.via });
    try {
      for (let m = await channel.read(); m && !signal.aborted; m = await channel.read()) await this.#take(m);
    } finally {
      channel.close();
    }
  }

  async #take(m: Media): Promise<void> {
    if (m.flags & flagSealed) throw new MalformedError("sealed payload without a key");
    switch (m.kind) {
      case MediaKind.Update:
        return this.#update(m);
      case MediaKind.State: {
        const s = parseMessage(ScreenStateSchema, m.payload);
        const monitors = s.monitors.map(({ id, name, width, height, primary }) => ({ id, name, width, height, primary }));
        const { reason, detail, monitor, control, promptOpen } = s;
        return this.#post({ type: "state", state: { reason, detail, monitor, control, promptOpen, monitors } });
      }
      case MediaKind.Clipboard:
        return this.#post({ type: "copied", text: parseClipboard(m.payload) });
      case MediaKind.ClipboardNote: {
        const { toEndpoint, fromEndpoint, seq, code, detail, wish } = parseMessage(ClipboardStateSchema, m.payload);
        return this.#post({ type: "clipboard", state: { toEndpoint, fromEndpoint, seq, code, detail, wish } });
      }
      case MediaKind.End: {
        const r = parseMessage(RefusalSchema, m.payload);
        throw new RefusedError(r.code, r.detail, r.retryAfterMs);
      }
      default: // of a later version: skipped
    }
  }

  async #update(m: Media): Promise<void> {
    if (this.#broken && m.epoch <= this.#epoch) return;
    try {
      await this.#paint(m);
    } catch (err) {
      if (!(err instanceof MalformedError)) throw err;
      this.#epoch = Math.max(this.#epoch, m.epoch);
      this.#broken = true;
      if (this.#offend()) throw err;
      this.#sendView(true);
    }
  }

  async #paint(m: Media): Promise<void> {
    const ops = parseUpdate(m.payload);
    if (m.epoch !== this.#epoch) {
      if (m.epoch < this.#epoch || m.seq !== 1 || ops[0]?.kind !== OpKind.Resize) throw new MalformedError("epoch without a beginning");
      this.#epoch = m.epoch;
      this.#broken = false;
      this.#fb.begin();
    } else if (m.seq !== this.#seq + 1) {
      throw new MalformedError(`update ${m.seq} after ${this.#seq}`);
    }
    this.#seq = m.seq;
    let pointer: { x: number; y: number } | undefined;
    const { width, height } = this.#fb;
    await paint(this.#fb, ops, this.#codecs, {
      shape: (s) => this.#cursor.take(s),
      position: (x, y) => {
        pointer = { x, y };
      },
    });
    this.#screen.show(this.#fb, this.#fb.takeDamage());
    this.#send(MediaKind.Shown, m.epoch, m.seq, nothing);
    if (width !== this.#fb.width || height !== this.#fb.height) {
      this.#post({ type: "size", width: this.#fb.width, height: this.#fb.height });
    }
    if (pointer) this.#post({ type: "pointer", ...pointer });
    this.#post({ type: "shown", epoch: m.epoch, seq: m.seq });
    if (++this.#good >= goodUpdates) this.#offences = 0;
  }

  /** Notes a breach of the protocol; true when there is no second chance left. */
  #offend(): boolean {
    this.#good = 0;
    return ++this.#offences > 1;
  }

  #sendView(refresh: boolean): void {
    const settings = create(ViewSettingsSchema, { ...this.#view, refresh, operations: [...operations], cacheBytes });
    this.#send(MediaKind.View, 0, 0, toBinary(ViewSettingsSchema, settings));
  }

  #send(kind: number, epoch: number, seq: number, payload: Uint8Array): void {
    this.#channel?.send(packMedia({ kind, flags: 0, epoch, seq, payload }));
  }

  #lost(life: AbortController, code: ErrorCode, detail: string, retryAfterMs: number, final: boolean): void {
    if (this.#life !== life) return; // given up or replaced by the page
    this.detach();
    this.#post({ type: "lost", code, detail, retryAfterMs, final });
  }
}
