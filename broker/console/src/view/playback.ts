import { Framebuffer } from "../core/framebuffer.ts";
import { ScreenStateSchema } from "../gen/alongside/wire/v1/viewer_pb.ts";
import { parseMessage } from "../wire/control.ts";
import { MalformedError } from "../wire/error.ts";
import { type Media, MediaKind, flagSealed } from "../wire/media.ts";
import { OpKind, type Rect } from "../wire/op.ts";
import { parseUpdate } from "../wire/update.ts";
import { CursorPictures } from "./cursor.ts";
import type { FromWorker } from "./messages.ts";
import { type Codecs, paint } from "./painter.ts";
import { Screen } from "./screen.ts";

// What the recorder had told the agent, CacheBytes of broker/recording: more is
// never needed, and a recording that wants more is not one of ours.
const recordedCacheBytes = 32 << 20;

/**
 * Playback shows messages of a recording as they are handed in. Several at once
 * are applied in order and shown together, so that a seek paints once.
 */
export class Playback {
  readonly #post: (m: FromWorker) => void;
  readonly #codecs: Codecs;
  readonly #screen: Screen;
  readonly #cursor: CursorPictures;
  readonly #fb = new Framebuffer(recordedCacheBytes);
  #busy: Promise<void> = Promise.resolve();
  #epoch = 0;
  #seq = 0;
  #waits = true; // for the beginning of an epoch

  constructor(canvas: OffscreenCanvas, codecs: Codecs, post: (m: FromWorker) => void) {
    this.#post = post;
    this.#codecs = codecs;
    this.#screen = new Screen(canvas);
    this.#cursor = new CursorPictures((shape) => post({ type: "cursor", shape }));
  }

  /** Applies messages after those that are being applied. */
  play(id: number, fresh: boolean, media: readonly Media[]): void {
    this.#busy = this.#busy.then(async () => {
      let error = "";
      try {
        await this.#apply(fresh, media);
      } catch (err) {
        error = err instanceof Error ? err.message : String(err);
        this.#waits = true;
      }
      this.#post({ type: "played", id, error });
    });
  }

  async #apply(fresh: boolean, media: readonly Media[]): Promise<void> {
    if (fresh) this.#waits = true;
    const { width, height } = this.#fb;
    const damage: Rect[] = [];
    for (const m of media) {
      if (m.flags & flagSealed) throw new MalformedError("sealed payload without a key");
      if (m.kind === MediaKind.State) this.#state(m);
      else if (m.kind === MediaKind.Update) {
        if (!(await this.#update(m))) continue;
        damage.push(...this.#fb.takeDamage()); // after each: how much one update may paint is limited
      }
    }
    if (damage.length === 0) return;
    this.#screen.show(this.#fb, damage);
    if (width !== this.#fb.width || height !== this.#fb.height) this.#post({ type: "size", width: this.#fb.width, height: this.#fb.height });
    this.#post({ type: "shown", epoch: this.#epoch, seq: this.#seq });
  }

  #state(m: Media): void {
    const { reason, detail, monitor, control, promptOpen, monitors } = parseMessage(ScreenStateSchema, m.payload);
    this.#post({ type: "state", state: { reason, detail, monitor, control, promptOpen, monitors: monitors.map(({ id, name, width, height, primary }) => ({ id, name, width, height, primary })) } });
  }

  /** Applies an update; false: it belongs to an epoch whose beginning is not there. */
  async #update(m: Media): Promise<boolean> {
    const ops = parseUpdate(m.payload);
    const begins = m.seq === 1 && ops[0]?.kind === OpKind.Resize;
    if (begins) {
      this.#waits = false;
      this.#epoch = m.epoch;
      this.#fb.begin();
    } else if (this.#waits) {
      return false;
    } else if (m.epoch !== this.#epoch || m.seq !== this.#seq + 1) {
      // A gap of the recording: the picture is good again with the next epoch.
      this.#waits = true;
      return false;
    }
    this.#seq = m.seq;
    let pointer: { x: number; y: number } | undefined;
    await paint(this.#fb, ops, this.#codecs, {
      shape: (s) => this.#cursor.take(s),
      position: (x, y) => {
        pointer = { x, y };
      },
    });
    if (pointer) this.#post({ type: "pointer", ...pointer });
    return true;
  }
}
