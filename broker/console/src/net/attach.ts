import { create } from "@bufbuild/protobuf";
import { ViewerAttachSchema, ViewerReplySchema } from "../gen/alongside/wire/v1/viewer_pb.ts";
import { controlHeaderSize, controlLength, packControl, parseControl } from "../wire/control.ts";
import { MalformedError } from "../wire/error.ts";
import { version, versionMin } from "../wire/limits.ts";
import { type Media, mediaHeaderSize, mediaLength, parseMedia } from "../wire/media.ts";
import { type Channel, LinkError, type Pipe, RefusedError, type Ticket } from "./channel.ts";
import { Gather } from "./gather.ts";
import { race } from "./race.ts";
import { openWebSocket } from "./websocket.ts";
import { openWebTransport } from "./webtransport.ts";

// WebTransport's head start: a handshake over a slow path takes some 600 ms;
// where UDP is blocked nobody should wait much longer than that.
const headStartMs = 1200;
// All of it, from the first packet to the broker's answer.
const attachMs = 10_000;

/** Opens the channel of a viewer: by the better way that works, ticket accepted. */
export async function attach(t: Ticket, signal: AbortSignal): Promise<Channel> {
  const own = new AbortController();
  const stop = () => own.abort();
  const timer = setTimeout(stop, attachMs);
  signal.addEventListener("abort", stop, { once: true });
  let pipe: Pipe | undefined;
  const cut = () => pipe?.close();
  own.signal.addEventListener("abort", cut, { once: true });
  try {
    signal.throwIfAborted();
    const ws = (s: AbortSignal) => openWebSocket(t.websocket, s);
    pipe = t.webtransport
      ? await race((s) => openWebTransport(t.webtransport, t.hashes, s), ws, headStartMs, own.signal)
      : await ws(own.signal);
    return await greet(pipe, t.ticket);
  } catch (err) {
    pipe?.close();
    throw err instanceof Error ? err : new LinkError(String(err));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    own.signal.removeEventListener("abort", cut);
  }
}

/** Shows the ticket and turns the pipe into a channel of media messages. */
export async function greet(pipe: Pipe, ticket: string): Promise<Channel> {
  const gather = new Gather(() => pipe.receive());
  pipe.send(packControl(ViewerAttachSchema, create(ViewerAttachSchema, { versionMin, versionMax: version, ticket })));
  const head = await gather.take(controlHeaderSize);
  if (!head) throw new LinkError("the broker closed the stream");
  const length = controlLength(head);
  const bytes = await gather.again(head, length);
  const reply = parseControl(ViewerReplySchema, bytes);
  switch (reply.kind.case) {
    case "accepted":
      return pipe.via === "websocket" ? messages(pipe, gather) : stream(pipe, gather);
    case "refusal":
      throw new RefusedError(reply.kind.value.code, reply.kind.value.detail, reply.kind.value.retryAfterMs);
    default:
      throw new MalformedError("empty answer");
  }
}

function stream(pipe: Pipe, gather: Gather): Channel {
  return channel(pipe, async () => {
    const head = await gather.take(mediaHeaderSize);
    if (!head) return undefined;
    return parseMedia(await gather.again(head, mediaLength(head)));
  });
}

/** After the greeting each WebSocket message is exactly one media message. */
function messages(pipe: Pipe, gather: Gather): Channel {
  if (gather.buffered > 0) throw new MalformedError("bytes behind the answer");
  return channel(pipe, async () => {
    const bytes = await pipe.receive();
    return bytes && parseMedia(bytes);
  });
}

function channel(pipe: Pipe, read: () => Promise<Media | undefined>): Channel {
  return { via: pipe.via, read, send: (m) => pipe.send(m), close: () => pipe.close() };
}
