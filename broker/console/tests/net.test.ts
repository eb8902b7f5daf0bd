import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { ViewerAttachSchema, ViewerReplySchema } from "../src/gen/alongside/wire/v1/viewer_pb.ts";
import { greet } from "../src/net/attach.ts";
import { type Pipe, LinkError, RefusedError } from "../src/net/channel.ts";
import { race } from "../src/net/race.ts";
import { packControl, parseControl } from "../src/wire/control.ts";
import { MalformedError } from "../src/wire/error.ts";
import { MediaKind, packMedia } from "../src/wire/media.ts";

const accepted = packControl(ViewerReplySchema, create(ViewerReplySchema, { kind: { case: "accepted", value: { version: 1, viewer: 7 } } }));
const update = (n: number) => packMedia({ kind: MediaKind.Update, flags: 0, epoch: 1, seq: n, payload: new Uint8Array(n * 10).fill(n) });

/** A pipe that gives these chunks and then ends. */
function pipe(via: Pipe["via"], chunks: Uint8Array[]): Pipe & { sent: Uint8Array[]; closed: boolean } {
  const rest = [...chunks];
  return {
    via,
    sent: [],
    closed: false,
    async receive() {
      return rest.shift();
    },
    send(b) {
      this.sent.push(b);
    },
    close() {
      this.closed = true;
    },
  };
}

const join = (...all: Uint8Array[]) => new Uint8Array(Buffer.concat(all));

async function drain(p: Pipe): Promise<number[]> {
  const channel = await greet(p, "secret");
  const seqs: number[] = [];
  for (let m = await channel.read(); m; m = await channel.read()) {
    assert.deepEqual(m.payload, new Uint8Array(m.seq * 10).fill(m.seq));
    seqs.push(m.seq);
  }
  return seqs;
}

test("a stream is cut into messages wherever its chunks end", async () => {
  const bytes = join(accepted, update(1), update(0), update(3));
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    assert.deepEqual(await drain(pipe("webtransport", chunks)), [1, 0, 3], `chunks of ${size}`);
  }
});

test("a WebSocket carries one message each, and the ticket goes first", async () => {
  const p = pipe("websocket", [accepted, update(1), update(2)]);
  assert.deepEqual(await drain(p), [1, 2]);
  assert.equal(parseControl(ViewerAttachSchema, p.sent[0]!).ticket, "secret");
});

test("a stream that ends inside a message is cut, not ended", async () => {
  const bytes = join(accepted, update(2));
  await assert.rejects(drain(pipe("webtransport", [bytes.subarray(0, bytes.length - 1)])), LinkError);
  await assert.rejects(drain(pipe("websocket", [accepted, update(2).subarray(0, 30)])), MalformedError);
  await assert.rejects(drain(pipe("webtransport", [])), LinkError);
});

test("a refusal keeps its code", async () => {
  const no = packControl(ViewerReplySchema, create(ViewerReplySchema, { kind: { case: "refusal", value: { code: ErrorCode.TICKET_INVALID, retryAfterMs: 500 } } }));
  await assert.rejects(greet(pipe("websocket", [no]), "x"), (err) => err instanceof RefusedError && err.code === ErrorCode.TICKET_INVALID && err.retryAfterMs === 500);
});

test("the second way starts when the first fails, or is slow, and the loser is closed unused", async () => {
  const never = new AbortController().signal;
  const fast = pipe("websocket", []);
  const fails = () => Promise.reject(new LinkError("UDP is blocked"));
  assert.equal(await race(fails, async () => fast, 60_000, never), fast);

  let open: (p: Pipe) => void = () => {};
  const slow = pipe("webtransport", []);
  const winner = await race(() => new Promise<Pipe>((resolve) => { open = resolve; }), async () => fast, 1, never);
  assert.equal(winner, fast);
  open(slow);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(slow.closed && slow.sent.length === 0);

  await assert.rejects(race(fails, fails, 60_000, never), LinkError);
});
