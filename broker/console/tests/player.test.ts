import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { MarkSchema, RecordingSchema, SegmentSchema } from "../src/gen/alongside/console/v1/recording_pb.ts";
import { EndedBy } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { MediaKind, packMedia } from "../src/wire/media.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, page, shot, test } from "./harness.ts";

const segmentMs = 5000;
const segments = 12; // a minute
const keyEvery = 4;

/** A recording whose screen, at each second, has the colour of that second. */
function record(): void {
  broker.office.recordings = [create(RecordingSchema, { id: "rec1", sessionId: "5e551000", deviceName: "ws-0147", repName: "Robin One", startedAt: timestampNow(), durationMs: BigInt(segments * segmentMs), bytes: 812_345n, complete: true })];
  broker.office.segments = [];
  let epoch = 0;
  let seq = 0;
  for (let i = 0; i < segments; i++) {
    const key = i % keyEvery === 0;
    const content: Uint8Array[] = [];
    for (let s = 0; s < segmentMs / 1000; s++) {
      const second = (i * segmentMs) / 1000 + s;
      const fill = ops.fill({ x: 0, y: 0, w: 160, h: 100 }, second * 4, 255 - second * 4, 50);
      const begins = key && s === 0;
      if (begins) {
        epoch++;
        seq = 0;
      }
      const at = new Uint8Array(4);
      new DataView(at.buffer).setUint32(0, second * 1000);
      content.push(at, packMedia({ kind: MediaKind.Update, flags: 0, epoch, seq: ++seq, payload: begins ? ops.update(ops.resize(160, 100), fill) : ops.update(fill) }));
    }
    const bytes = Buffer.concat(content);
    broker.office.segments.push({ info: create(SegmentSchema, { index: i + 1, fromMs: BigInt(i * segmentMs), toMs: BigInt((i + 1) * segmentMs), bytes: BigInt(bytes.length), key }), content: Uint8Array.from(bytes) });
  }
  broker.office.marks = [
    create(MarkSchema, { atMs: 0n, kind: "consent", text: "user.a said yes" }),
    create(MarkSchema, { atMs: 31_000n, kind: "chat", text: "Robin One: one moment" }),
    create(MarkSchema, { atMs: 60_000n, kind: "end", text: "" }),
  ];
}

/** The colour in the middle of the player, by a screenshot of the page. */
async function second(): Promise<number> {
  const png = (await page.locator("alongside-player canvas").screenshot()).toString("base64");
  const pixel = await page.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    return Array.from(context.getImageData(bitmap.width >> 1, bitmap.height >> 1, 1, 1).data);
  }, png);
  return Math.round(pixel[0]! / 4);
}

async function open(): Promise<void> {
  record();
  await page.goto(`${broker.url}/recordings/rec1`);
  await page.waitForFunction(() => (document.querySelector("alongside-player") as unknown as { shown: number } | null)?.shown);
}

const position = async () => Number(await by("player-page").getAttribute("data-position"));
const settled = (ms: number) => page.waitForFunction((want) => Math.abs(Number((document.querySelector("[data-testid=player-page]") as HTMLElement).dataset["shown"]) - want) < 60, ms);

test("A4: a recording is opened, sought by the keys, and each place shows its own picture", async () => {
  await open();
  assert.equal(await second(), 0);
  await shot("player");
  await by("player-page").focus();
  await page.keyboard.press("ArrowRight");
  await settled(5000);
  assert.equal(await second(), 5);
  await page.keyboard.press("Shift+ArrowRight");
  await settled(35_000);
  assert.equal(await second(), 35);
  await page.keyboard.press("ArrowLeft");
  await settled(30_000);
  assert.equal(await second(), 30, "backwards begins anew at a key segment");
  await page.keyboard.press("End");
  await settled(60_000);
  assert.equal(await second(), 59);
  await page.keyboard.press("Home");
  await settled(0);
  assert.equal(await second(), 0);
});

test("A4: a seek reads from the last beginning and takes less than 300 ms", async () => {
  await open();
  broker.office.readSegments.length = 0;
  const ms = await page.evaluate(async () => {
    const player = document.querySelector("alongside-player") as unknown as { shown: number };
    const shown = player.shown;
    const timeline = document.querySelector("[data-testid=timeline]") as HTMLInputElement;
    const begin = performance.now();
    timeline.value = "33000";
    timeline.dispatchEvent(new Event("input", { bubbles: true }));
    while (player.shown === shown) await new Promise((r) => setTimeout(r, 1));
    return performance.now() - begin;
  });
  assert.deepEqual(broker.office.readSegments, [5, 6, 7]);
  assert.ok(ms < 300, `${ms} ms`);
  console.log(`# seek: ${ms.toFixed(1)} ms`);
  await settled(33_000);
  assert.equal(await second(), 33);
});

test("A4: playing goes by the clock at every speed, pauses, and ends", async () => {
  await open();
  await by("select-speed").selectOption("8");
  await by("play").click();
  await page.waitForFunction(() => Number((document.querySelector("[data-testid=player-page]") as HTMLElement).dataset["position"]) > 9000);
  await by("play").click();
  await page.locator("[data-testid=player-page][data-state=paused]").waitFor();
  const at = await position();
  const shownAt = Number(await by("player-page").getAttribute("data-shown"));
  assert.ok(at - shownAt < 500, `${shownAt} is shown at ${at}`);
  assert.equal(await second(), Math.floor(shownAt / 1000));
  await page.evaluate(async () => {
    for (let i = 0; i < 5; i++) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
  assert.equal(await position(), at, "the clock stands");
  await by("player-page").focus();
  await page.keyboard.press("-");
  assert.equal(await by("player-page").getAttribute("data-speed"), "4");
  await page.keyboard.press("End");
  await settled(60_000);
  await page.keyboard.press(" ");
  await page.locator("[data-testid=player-page][data-state=playing]").waitFor();
  await page.keyboard.press(" ");
});

test("A4: before the first picture came it is shown already, and playing goes on from it", async () => {
  const late = 700;
  record();
  const first = broker.office.segments[0]!.content;
  new DataView(first.buffer, first.byteOffset).setUint32(0, late);
  await page.goto(`${broker.url}/recordings/rec1`);
  await page.waitForFunction(() => (document.querySelector("alongside-player") as unknown as { shown: number } | null)?.shown);
  await by("play").click();
  await page.waitForFunction(() => Number((document.querySelector("[data-testid=player-page]") as HTMLElement).dataset["shown"]) > 1100);
  await by("play").click();
  assert.equal(await page.evaluate(() => (document.querySelector("alongside-player") as unknown as { shown: number }).shown), 2, "each picture once");
});

test("A4: marks lead to their place", async () => {
  await open();
  await by("mark").nth(1).click();
  await settled(31_000);
  assert.equal(await second(), 31);
  assert.equal(await by("mark").nth(1).getAttribute("aria-current"), "time");
});

test("A5: a recording that is broken in the middle says so, and plays elsewhere", async () => {
  await open();
  broker.office.contentOf = ((whole) => (index: number) => (index === 3 ? Uint8Array.from([1, 2, 3]) : whole(index)))(broker.office.contentOf);
  await by("player-page").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await by("player-error").waitFor();
  await by("mark").nth(1).click();
  await settled(31_000);
  assert.equal(await second(), 31);
});

test("A4: the audit log leads to the recording once the session is over", async () => {
  record();
  broker.putSession("5e551000", { phase: SessionPhase.ACTIVE, deviceName: "ws-0147", recorded: true });
  await page.goto(`${broker.url}/audit?session=5e551000`);
  await by("recording-later").waitFor();
  assert.equal(await by("recording-link").count(), 0);
  broker.putSession("5e551000", { phase: SessionPhase.ENDED, endedBy: EndedBy.CUSTOMER });
  await by("recording-link").waitFor();
  await shot("audit-recording");
});

test("recordings are listed, and deleted after a question", async () => {
  record();
  await page.goto(`${broker.url}/recordings`);
  await by("recording").getByText("812 kB").waitFor();
  await shot("recordings");
  await by("delete-recording").click();
  await by("delete-recording-confirm").click();
  await by("empty").getByText("No recordings").waitFor();
});

test("D24: a masked span is on the timeline, and words stand in the place of its picture", async () => {
  record();
  broker.office.marks.splice(1, 0, create(MarkSchema, { atMs: 11_000n, untilMs: 14_000n, kind: "mask", text: "Robin One had the form open" }));
  await page.goto(`${broker.url}/recordings/rec1`);
  await page.waitForFunction(() => (document.querySelector("alongside-player") as unknown as { shown: number } | null)?.shown);
  assert.equal(await by("masked").count(), 0);
  await by("mark").nth(1).getByText("Masked").waitFor();
  await by("mark").nth(1).click();
  await by("masked").getByText("The picture was not kept here").waitFor();
  await shot("player-masked");
  const [line, span] = await Promise.all([page.locator(".ticks").boundingBox(), by("mask-span").boundingBox()]);
  assert.ok(line && span && Math.abs(span.width / line.width - 3 / 60) < 0.01, `${span?.width} of ${line?.width}`);
  await by("player-page").focus();
  await page.keyboard.press("ArrowRight");
  await settled(16_000);
  await by("masked").waitFor({ state: "detached" });
  assert.equal(await second(), 16);
});
