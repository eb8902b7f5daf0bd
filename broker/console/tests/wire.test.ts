import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescMessage, fromJson, toJson } from "@bufbuild/protobuf";
import { hex } from "../src/core/hex.ts";
import * as link from "../src/gen/alongside/wire/v1/link_pb.ts";
import * as viewer from "../src/gen/alongside/wire/v1/viewer_pb.ts";
import { packControl, parseControl } from "../src/wire/control.ts";
import { MalformedError, TruncatedError } from "../src/wire/error.ts";
import { type Input, packInput, parseInput } from "../src/wire/input.ts";
import { packMedia, parseMedia } from "../src/wire/media.ts";
import { type Op, OpKind, type Rect } from "../src/wire/op.ts";
import { parseUpdate } from "../src/wire/update.ts";
import { type Vector, bytes, vectors } from "./files.ts";

/** Runs a parser over a file: what parses is compared, what must not is refused with the right error. */
function each(file: string, parse: (v: Vector) => void): void {
  const all = vectors(file);
  assert.ok(all.length > 0, `${file} is empty`);
  for (const v of all) {
    test(`${file}: ${v.name}`, () => {
      if (v.error === undefined) return parse(v);
      assert.throws(() => parse(v), v.error === "truncated" ? TruncatedError : MalformedError);
    });
  }
}

each("media.json", (v) => {
  const m = parseMedia(bytes(v.hex));
  assert.deepEqual({ ...m, length: m.payload.length, payload: hex(m.payload) }, v.fields);
  assert.equal(hex(packMedia(m)), v.hex);
});

each("input.json", (v) => {
  const events = parseInput(bytes(v.hex));
  assert.deepEqual(events, v.fields.events as Input[]);
  assert.equal(hex(packInput(events)), v.hex);
});

each("update.json", (v) => {
  assert.deepEqual(parseUpdate(bytes(v.hex)).map(plain), v.fields.ops);
});

const types: Record<string, DescMessage> = {
  AgentMessage: link.AgentMessageSchema,
  BrokerMessage: link.BrokerMessageSchema,
  Refusal: link.RefusalSchema,
  ViewerAttach: viewer.ViewerAttachSchema,
  ViewerReply: viewer.ViewerReplySchema,
  ViewSettings: viewer.ViewSettingsSchema,
  ScreenState: viewer.ScreenStateSchema,
};

each("control.json", (v) => {
  const desc = types[v.type ?? ""];
  assert.ok(desc, `type ${v.type}`);
  const m = parseControl(desc, bytes(v.hex));
  assert.deepEqual(toJson(desc, m), v.fields);
  const again = packControl(desc, fromJson(desc, v.fields));
  assert.deepEqual(toJson(desc, parseControl(desc, again)), v.fields);
});

/** An operation as the vectors write it. */
function plain(op: Op): unknown {
  const rect = (r: Rect) => [r.x, r.y, r.w, r.h];
  switch (op.kind) {
    case OpKind.Move:
      return { ...op, copies: op.copies.map((c) => ({ ...c, src: rect(c.src) })) };
    case OpKind.Store:
      return { ...op, slots: op.slots.map((s) => ({ ...s, rect: rect(s.rect) })) };
    case OpKind.Fill:
      return { ...op, fills: op.fills.map((f) => ({ ...f, rect: rect(f.rect) })) };
    case OpKind.Lossless:
    case OpKind.Residual:
      return { ...op, rects: op.rects.map(rect), data: hex(op.data) };
    case OpKind.Photo:
    case OpKind.Video:
      return { ...op, rect: rect(op.rect), data: hex(op.data) };
    case OpKind.CursorShape:
    case OpKind.Tables:
      return { ...op, data: hex(op.data) };
    default:
      return op;
  }
}

test("what is packed survives any length of text and number of events", () => {
  const events: Input[] = Array.from({ length: 200 }, (_, i) => ({ kind: 4, code: i, down: i % 2 === 0, text: "ü漢🙂".repeat(i % 9) }));
  assert.deepEqual(parseInput(packInput(events)), events);
});

test("every cut of an update is refused", () => {
  const whole = bytes(vectors("update.json").find((v) => v.name === "move")!.hex);
  for (let n = 1; n < whole.length; n++) assert.throws(() => parseUpdate(whole.subarray(0, n)), MalformedError, `cut at ${n}`);
});
