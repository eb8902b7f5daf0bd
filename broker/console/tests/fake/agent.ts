import { create, toBinary } from "@bufbuild/protobuf";
import { type ErrorCode, Reason } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { ClipboardStateSchema, ClipboardWishSchema, ScreenStateSchema, ViewSettingsSchema, ViewerAttachSchema, ViewerReplySchema, type ViewSettings } from "../../src/gen/alongside/wire/v1/viewer_pb.ts";
import { parseClipboard } from "../../src/wire/clipboard.ts";
import { packControl, parseControl, parseMessage } from "../../src/wire/control.ts";
import { type Input, parseInput } from "../../src/wire/input.ts";
import { MediaKind, packMedia, parseMedia } from "../../src/wire/media.ts";
import type { ServerSocket } from "./websocket.ts";

/** What an agent sends as its screen, and what it got from the viewer. */
export class FakeAgent {
  /** Payloads of the first updates of an epoch. */
  screen: Uint8Array[] = [];
  control = true;
  reason: Reason = Reason.OK;
  readonly inputs: Input[] = [];
  readonly shown: string[] = [];
  readonly pasted: string[] = [];
  readonly wishes: boolean[] = []; // for the next copy
  readonly views: ViewSettings[] = [];
  attached = 0;
  socket: ServerSocket | undefined;
  #epoch = 0;
  #seq = 0;

  accept(socket: ServerSocket): void {
    let greeted = false;
    socket.onmessage = (bytes) => {
      if (!greeted) {
        greeted = true;
        parseControl(ViewerAttachSchema, bytes);
        this.attached++;
        this.socket = socket;
        const reply = create(ViewerReplySchema, { kind: { case: "accepted", value: { version: 1, session: new Uint8Array(16), viewer: this.attached } } });
        socket.send(packControl(ViewerReplySchema, reply));
        return;
      }
      this.#take(parseMedia(bytes));
    };
  }

  state(): void {
    const state = create(ScreenStateSchema, { reason: this.reason, control: this.control, monitors: [{ id: 1, width: 640, height: 400, name: "HDMI-1", primary: true }, { id: 2, x: 640, width: 640, height: 400, name: "DP-2" }] });
    this.#send(MediaKind.State, toBinary(ScreenStateSchema, state));
  }

  update(payload: Uint8Array): void {
    this.#seq++;
    this.#send(MediaKind.Update, payload);
  }

  clipboard(to: boolean, from: boolean, more: { seq?: number; wish?: boolean; code?: ErrorCode } = {}): void {
    this.#send(MediaKind.ClipboardNote, toBinary(ClipboardStateSchema, create(ClipboardStateSchema, { toEndpoint: to, fromEndpoint: from, ...more })));
  }

  copies(text: string): void {
    this.#send(MediaKind.Clipboard, new TextEncoder().encode(text));
  }

  #take(m: ReturnType<typeof parseMedia>): void {
    switch (m.kind) {
      case MediaKind.View: {
        const view = parseMessage(ViewSettingsSchema, m.payload);
        this.views.push(view);
        if (!view.refresh) return;
        this.#epoch++;
        this.#seq = 0;
        this.state();
        for (const u of this.screen) this.update(u);
        return;
      }
      case MediaKind.Shown:
        this.shown.push(`${m.epoch}/${m.seq}`);
        return;
      case MediaKind.Clipboard:
        this.pasted.push(parseClipboard(m.payload));
        this.clipboard(true, true, { seq: m.seq });
        return;
      case MediaKind.ClipboardNote:
        this.wishes.push(parseMessage(ClipboardWishSchema, m.payload).next);
        return;
      case MediaKind.Input:
        this.inputs.push(...parseInput(m.payload));
    }
  }

  #send(kind: number, payload: Uint8Array): void {
    this.socket?.send(packMedia({ kind, flags: 0, epoch: kind === MediaKind.Update ? this.#epoch : 0, seq: kind === MediaKind.Update ? this.#seq : 0, payload }));
  }
}
