import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64url, toBase64url } from "../src/core/base64url.ts";
import { nearerDeadline, secondsLeft } from "../src/core/countdown.ts";
import { moved } from "../src/core/order.ts";
import { keyFor, otherSpeed, parseSegment, segmentAt } from "../src/core/recording.ts";
import { requestOutcome, requestPhaseName } from "../src/core/request.ts";
import { size } from "../src/core/time.ts";
import { RequestPhase, RequestPhaseSchema } from "../src/gen/alongside/console/v1/request_pb.ts";
import { MediaKind, packMedia } from "../src/wire/media.ts";
import { MalformedError } from "../src/wire/error.ts";

test("L4 L5: the countdown begins below two minutes, ends at nothing, and without an expiry never shows", () => {
  assert.equal(secondsLeft(undefined, 0), undefined);
  assert.equal(secondsLeft(120_000, 0), undefined);
  assert.equal(secondsLeft(120_000, 1), 119);
  assert.equal(secondsLeft(120_000, 119_999), 0);
  assert.equal(secondsLeft(120_000, 500_000), 0);
  let last = Number.POSITIVE_INFINITY;
  for (let now = 0; now < 130_000; now += 37) {
    const left = secondsLeft(120_000, now);
    if (left === undefined) continue;
    assert.ok(left <= last);
    last = left;
  }
});

test("L4: what the broker says again moves the end nearer and never away", () => {
  assert.equal(nearerDeadline(undefined, 0, 5), undefined);
  assert.equal(nearerDeadline(undefined, 60_000, 5), 60_005);
  assert.equal(nearerDeadline(60_005, 60_000, 800), 60_005);
  assert.equal(nearerDeadline(60_005, 10_000, 800), 10_800);
  assert.equal(nearerDeadline(60_005, 0, 800), 60_005);
});

test("E7: an item moves within its list and not beyond", () => {
  const list = ["a", "b", "c"];
  assert.deepEqual(moved(list, 0, 1), ["b", "a", "c"]);
  assert.deepEqual(moved(list, 2, -2), ["c", "a", "b"]);
  assert.equal(moved(list, 0, -1), list);
  assert.equal(moved(list, 2, 9), list);
  assert.equal(moved(list, 7, -1).length, 3);
});

test("base64url is what WebAuthn writes, any length", () => {
  for (let n = 0; n < 70; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 89 + n * 7) & 255);
    const text = toBase64url(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(fromBase64url(text), bytes);
    assert.deepEqual(fromBase64url(Buffer.from(bytes).toString("base64")), bytes);
  }
  assert.throws(() => fromBase64url("a b"), RangeError);
});

test("A5: a segment is read message by message, and cut anywhere it is malformed", () => {
  const message = packMedia({ kind: MediaKind.Update, flags: 0, epoch: 3, seq: 9, payload: Uint8Array.from([1, 2, 3]) });
  const one = Uint8Array.from([0, 0, 4, 210, ...message]);
  const two = Uint8Array.from([...one, ...one]);
  assert.deepEqual(parseSegment(two).map((t) => [t.at, t.media.epoch, t.media.seq, [...t.media.payload]]), [[1234, 3, 9, [1, 2, 3]], [1234, 3, 9, [1, 2, 3]]]);
  assert.deepEqual(parseSegment(new Uint8Array(0)), []);
  for (let cut = 1; cut < two.length; cut++) {
    if (cut === one.length) continue;
    assert.throws(() => parseSegment(two.subarray(0, cut)), MalformedError, `cut at ${cut}`);
  }
});

test("A4: a time is played from the last segment with a beginning", () => {
  const spans = [true, false, true, false].map((key, i) => ({ from: i * 5000, to: (i + 1) * 5000, key }));
  assert.deepEqual([0, 4999, 5000, 12_000, 19_999, 99_999].map((ms) => [segmentAt(spans, ms), keyFor(spans, ms)]), [[0, 0], [0, 0], [1, 0], [2, 2], [3, 2], [3, 2]]);
  assert.deepEqual([segmentAt([], 7), keyFor([], 7)], [0, 0]);
  assert.deepEqual([otherSpeed(1, 1), otherSpeed(8, 1), otherSpeed(0.5, -1)], [2, 8, 0.5]);
});

test("R8: every phase of a request has a name and, once decided, a sentence of its own", () => {
  const all = RequestPhaseSchema.values.map((v) => requestPhaseName(v.number as never));
  assert.equal(new Set(all).size, all.length);
  const said = [RequestPhase.APPROVED, RequestPhase.DENIED, RequestPhase.CANCELLED, RequestPhase.EXPIRED, RequestPhase.DONE].map((p) => requestOutcome(p, "Kim", "no"));
  assert.equal(new Set([...said, requestOutcome(RequestPhase.DENIED, "end_user", "")]).size, 6);
});

test("sizes are short", () => {
  assert.deepEqual([0, 999, 1000, 812_345, 4_120_000, 2.5e12].map(size), ["0 B", "999 B", "1.0 kB", "812 kB", "4.1 MB", "2.5 TB"]);
});
