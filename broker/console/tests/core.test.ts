import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Backoff } from "../src/core/backoff.ts";
import { canvasPixel, place } from "../src/core/scale.ts";
import { outcome, phaseName, stageOf } from "../src/core/session.ts";
import { ago, clock } from "../src/core/time.ts";
import { codeName, endedWords, errorWords, reasonWords, shortReason } from "../src/core/words.ts";
import { SessionPhase, SessionPhaseSchema, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { EndedBy, EndedBySchema, ErrorCode, ErrorCodeSchema, ReasonSchema } from "../src/gen/alongside/wire/v1/reason_pb.ts";

test("X9: every reason, error code and end has words of its own", () => {
  const distinct = (all: string[]) => {
    for (const words of all) assert.ok(words.length > 2, words);
    assert.equal(new Set(all).size, all.length);
  };
  distinct(ReasonSchema.values.map((v) => reasonWords(v.number as never)));
  distinct(ReasonSchema.values.map((v) => shortReason(v.number as never)));
  distinct(ErrorCodeSchema.values.map((v) => errorWords(v.number as never)));
  distinct(EndedBySchema.values.map((v) => endedWords(v.number as never)));
  distinct(SessionPhaseSchema.values.map((v) => phaseName(v.number as never)));
});

test("a code of a later version shows what it came with", () => {
  assert.equal(errorWords(999 as never, "the moon is full"), "the moon is full");
  assert.equal(errorWords(ErrorCode.DENIED_BY_USER, "ignored"), errorWords(ErrorCode.DENIED_BY_USER));
  assert.equal(codeName(ErrorCode.DENIED_BY_USER), "denied_by_user");
});

test("I6 L1: each way a session ends is told differently, and by whom", () => {
  const over = (fields: Parameters<typeof create<typeof SessionSchema>>[1]) => {
    const s = create(SessionSchema, fields);
    assert.equal(stageOf(s.phase), "over");
    const { title, text } = outcome(s, "me");
    return `${title}: ${text}`;
  };
  const { DENIED, EXPIRED, CANCELLED, ENDED } = SessionPhase;
  const all = [
    over({ phase: DENIED, code: ErrorCode.DENIED_BY_USER }),
    over({ phase: DENIED, code: ErrorCode.CONSENT_TIMEOUT }),
    over({ phase: DENIED, code: ErrorCode.NO_USER_PRESENT }),
    over({ phase: EXPIRED, code: ErrorCode.EXPIRED }),
    over({ phase: CANCELLED, code: ErrorCode.CANCELLED }),
    over({ phase: ENDED, endedBy: EndedBy.CUSTOMER }),
    over({ phase: ENDED, endedBy: EndedBy.REP, repId: "me" }),
    over({ phase: ENDED, endedBy: EndedBy.REP, repId: "other", repName: "Kim" }),
    over({ phase: ENDED, endedBy: EndedBy.ADMIN }),
    over({ phase: ENDED, endedBy: EndedBy.AGENT, code: ErrorCode.DEVICE_OFFLINE }),
  ];
  assert.equal(new Set(all).size, all.length);
  assert.match(all[7]!, /Kim ended/);
});

test("X3: fit keeps the ratio on device pixels and never enlarges; 1:1 is one device pixel per pixel", () => {
  const canvas = { width: 1920, height: 1080 };
  for (const ratio of [1, 1.25, 1.5, 2, 3]) {
    for (const stage of [{ width: 800.4, height: 600.7 }, { width: 3000, height: 2000 }]) {
      for (const mode of ["fit", "actual"] as const) {
        const p = place(mode, canvas, stage, ratio);
        for (const v of [p.left, p.top, p.width, p.height]) assert.ok(Math.abs(v * ratio - Math.round(v * ratio)) < 1e-6, `${mode} ${ratio} ${v}`);
        assert.ok(p.width * ratio <= 1920.001);
        if (mode === "actual") assert.equal(Math.round(p.width * ratio), 1920);
        else assert.ok(p.width <= stage.width && p.height <= stage.height);
      }
    }
  }
});

test("a point on the shown canvas is the pixel under it, at any scale", () => {
  const canvas = { width: 1920, height: 1080 };
  for (const width of [1920, 960, 641.3, 3840]) {
    const shown = { width, height: (width * 1080) / 1920 };
    for (const x of [0, 1, 959, 1919]) {
      assert.deepEqual(canvasPixel({ x: ((x + 0.5) * width) / 1920, y: 0.01 }, shown, canvas), { x, y: 0 });
    }
  }
  assert.deepEqual(canvasPixel({ x: -5, y: 9999 }, { width: 100, height: 100 }, canvas), { x: 0, y: 1079 });
  assert.deepEqual(canvasPixel({ x: 1, y: 1 }, { width: 0, height: 0 }, { width: 0, height: 0 }), { x: 0, y: 0 });
});

test("the wait between tries doubles up to its cap and begins anew after success", () => {
  const b = new Backoff(400, 8000, () => 1);
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(() => b.next()), [400, 800, 1600, 3200, 6400, 8000, 8000]);
  b.reset();
  assert.equal(b.next(), 400);
});

test("times are short", () => {
  const now = new Date(1e12);
  assert.deepEqual([0, 59, 60, 3600, 90_000].map((s) => ago(new Date(1e12 - s * 1000), now)), ["now", "now", "1 min ago", "1 h ago", "1 d ago"]);
  assert.deepEqual([0, 108_000, 3_723_000].map(clock), ["0:00", "1:48", "1:02:03"]);
});
