// The viewer's worker: it owns the channel, decodes and paints. The page only
// hands in a ticket and input, and shows what is told.

import { MalformedError } from "../wire/error.ts";
import { decodeJPEG } from "./jpeg.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { Playback } from "./playback.ts";
import { Viewer } from "./viewer.ts";
import { Zstd } from "./zstd.ts";

declare const self: DedicatedWorkerGlobalScope;

const post = (m: FromWorker) => self.postMessage(m);

async function serve(): Promise<void> {
  const waiting: ToWorker[] = [];
  self.onmessage = (e: MessageEvent<ToWorker>) => waiting.push(e.data);
  const zstd = await Zstd.load(await fetch(new URL("zstd.wasm", self.location.href)));
  let viewer: Viewer | undefined;
  let playback: Playback | undefined;
  const take = (m: ToWorker) => {
    if (m.type === "canvas") {
      const codecs = { zstd: (data: Uint8Array, size: number) => zstd.decode(data, size), jpeg: decodeJPEG };
      if (m.recorded) playback = new Playback(m.canvas, codecs, post);
      else viewer = new Viewer(m.canvas, codecs, post);
    } else if (playback) {
      if (m.type === "play") playback.play(m.id, m.fresh, m.media);
    } else if (viewer) {
      handle(viewer, m);
    } else {
      throw new MalformedError(`${m.type} before canvas`);
    }
  };
  for (const m of waiting) take(m);
  self.onmessage = (e: MessageEvent<ToWorker>) => take(e.data);
}

function handle(viewer: Viewer, m: Exclude<ToWorker, { type: "canvas" }>): void {
  switch (m.type) {
    case "attach":
      return viewer.attach(m.ticket, m.monitor, m.paused);
    case "view":
      return viewer.view(m.monitor, m.paused);
    case "input":
      return viewer.input(m.payload);
    case "paste":
      return viewer.paste(m.seq, m.text);
    case "copy":
      return viewer.copy(m.next);
    case "detach":
      return viewer.detach();
    case "snapshot": {
      const image = viewer.snapshot();
      const pixels = image.data as Uint8ClampedArray<ArrayBuffer>;
      const answer: FromWorker = { type: "snapshot", id: m.id, width: image.width, height: image.height, pixels };
      return self.postMessage(answer, [pixels.buffer]);
    }
  }
}

serve().catch((err: unknown) => post({ type: "unable", detail: err instanceof Error ? err.message : String(err) }));
