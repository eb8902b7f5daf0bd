import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { ActionSchema, SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { EndedBy } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, open, page, shot, shown, test, until } from "./harness.ts";

const picture = () => ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160));

test("L4: no countdown at 120 s, one below, never upwards, down to nothing", async () => {
  await live(picture());
  await shown(1);
  broker.putSession("5e551000", { expiresInMs: 121_500n });
  await by("countdown").waitFor();
  assert.equal(await by("countdown").getAttribute("data-seconds"), "119", "nothing above two minutes");
  await shot("countdown");
  // A slow answer that tells of more does not move it back.
  broker.putSession("5e551000", { expiresInMs: 119_900n });
  const seen = await page.evaluate(async () => {
    const all: number[] = [];
    const countdown = document.querySelector("[data-testid=countdown]") as HTMLElement;
    while (all.length === 0 || all.at(-1)! > 117) {
      await new Promise((drawn) => requestAnimationFrame(drawn));
      all.push(Number(countdown.dataset["seconds"]));
    }
    return all;
  });
  assert.deepEqual(seen, [...seen].sort((a, b) => b - a), `monotonic: ${seen}`);
  broker.putSession("5e551000", { expiresInMs: 900n });
  await page.locator("[data-testid=countdown][data-seconds='0']").waitFor();
});

test("L5: without an expiry there is no countdown", async () => {
  await live(picture());
  await shown(1);
  broker.putSession("5e551000", { expiresInMs: 0n, recorded: true });
  await by("recorded").waitFor(); // so it has come
  assert.equal(await by("countdown").count(), 0);
});

test("C10 L8: the cross asks, lists the legal outcomes, and ends nothing by itself", async () => {
  await live(picture());
  await by("close-session").click();
  await by("close-dialog").waitFor();
  await shot("close");
  assert.equal(await by("outcome-end").isEnabled(), true);
  assert.equal(await by("outcome-hold").isEnabled(), true);
  assert.equal(await by("outcome-leave").count(), 0, "an owner does not leave");
  await page.keyboard.press("Escape");
  await by("close-dialog").waitFor({ state: "detached" });
  assert.equal(broker.sessions.get("5e551000")?.phase, SessionPhase.ACTIVE);
  await by("close-session").click();
  await by("outcome-end").click();
  await by("outcome-text").getByText("You ended the session.").waitFor();
});

test("L13 L14: a held session leaves the page, waits in the queue and is taken up again", async () => {
  await live(picture());
  await by("close-session").click();
  await by("outcome-hold").click();
  await by("held-session").waitFor();
  assert.match(await by("held-session").innerText(), /ws-0147[^]*Held now/);
  assert.equal(new URL(page.url()).pathname, "/queue");
  await shot("queue");
  await page.goto(`${broker.url}/sessions/5e551000`);
  await page.locator("[data-phase=held]").waitFor();
  await shot("held");
  await by("resume").click();
  await page.locator("[data-phase=active]").waitFor();
  await by("close-session").click();
  await by("outcome-hold").click();
  await by("end-held").click();
  assert.equal(broker.sessions.get("5e551000")?.phase, SessionPhase.HELD, "it asks first");
  await by("end-held-confirm").click();
  await by("held-session").waitFor({ state: "detached" });
  assert.equal(broker.sessions.get("5e551000")?.phase, SessionPhase.ENDED);
});

test("L1 L6: whoever ended it is named", async () => {
  await live(picture());
  broker.putSession("5e551000", { phase: SessionPhase.ENDED, endedBy: EndedBy.ADMIN, endedByName: "Ada Min" });
  await by("outcome-text").getByText("Ada Min terminated the session as an administrator.").waitFor();
});

test("A3: a recorded session says so, and when nothing can be written too", async () => {
  await live(picture());
  assert.equal(await by("recorded").count(), 0);
  broker.putSession("5e551000", { recorded: true });
  await by("recorded").waitFor();
  await shot("recorded");
  broker.putSession("5e551000", { recordingFailed: true });
  await by("recording-failed").waitFor();
});

test("I8: the bar has all its parts, each with a name; the clipboard says why it is not shared", async () => {
  await live(picture());
  await shown(1);
  for (const id of ["close-session", "mode", "menu-monitor", "menu-scale", "menu-keys", "menu-clipboard", "menu-screenshot", "toggle-chat", "off"]) assert.equal(await by(id).count(), 1, id);
  for (const button of await page.locator(".bar button").all()) assert.notEqual((await button.getAttribute("aria-label")) ?? "", "", await button.innerHTML());
  await by("menu-clipboard").click();
  assert.match(await by("clipboard-why").innerText(), /does not share its clipboard/);
});

test("X10: a screenshot goes to a file or to the clipboard, pixel for pixel", async () => {
  await open({ permissions: ["clipboard-read", "clipboard-write"] });
  await live(picture());
  await shown(1);
  await by("menu-screenshot").click();
  const download = page.waitForEvent("download");
  await by("screenshot-file").click();
  assert.match((await download).suggestedFilename(), /^ws-0147 .*\.png$/);
  await by("menu-screenshot").click();
  await by("screenshot-clipboard").click();
  await by("screenshot-said").getByText("Copied").waitFor();
  const got = await page.evaluate(async () => {
    const items = await navigator.clipboard.read();
    const bitmap = await createImageBitmap(await items[0]!.getType("image/png"));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    return { size: `${bitmap.width}x${bitmap.height}`, pixel: Array.from(context.getImageData(100, 100, 1, 1).data) };
  });
  assert.deepEqual(got, { size: "320x200", pixel: [20, 90, 160, 255] });
});

const uses = () => broker.calls.filter((c) => c.endsWith("SignInService/State")).length;

test("who looks at a session uses their sign-in", async () => {
  await page.clock.install();
  await live(picture());
  await shown(1);
  const used = uses();
  await page.clock.runFor(301_000);
  await until("the sign-in is used", () => uses() > used);
});

const probes = () => broker.calls.filter((c) => c === "/assets/icon.svg").length;

test("a quiet page asks once a second, a hidden one not at all, and one seen again tells within 2 s", async () => {
  const show = (hidden: boolean) =>
    page.evaluate((h) => {
      Object.defineProperty(document, "hidden", { value: h, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await page.clock.install();
  await live(picture());
  await shown(1);
  const at: number[] = [];
  page.on("request", (r) => void (r.method() === "HEAD" && at.push(performance.now())));
  await until("asked three times", () => at.length > 2);
  assert.ok(at[2]! - at[0]! > 1500, `asked at ${at}`);
  await show(true);
  const before = probes();
  const used = uses();
  broker.frozen = true;
  await page.clock.runFor(400_000);
  assert.equal(uses(), used, "nobody looks, so the sign-in is not used");
  assert.ok(probes() <= before + 1, "what was under way, and no more");
  assert.equal(await page.locator("[data-reason=silent]").count(), 0);
  await show(false);
  await page.locator("[data-reason=silent]").waitFor();
});

test("within 2 s the page says that nothing comes back any more, although nothing breaks", async () => {
  await live(picture());
  await shown(1);
  const before = probes();
  await until("the page has asked", () => probes() > before);
  broker.frozen = true;
  await page.locator("[data-reason=silent]").waitFor();
  await shot("silent");
  broker.frozen = false;
  await page.locator("[data-reason=silent]").waitFor({ state: "detached" });
});

test("a device whose link is lost is being reconnected, and its session goes on", async () => {
  await live(picture());
  broker.putSession("5e551000", { agentConnected: false });
  await page.locator("[data-reason=agent_lost]").waitFor();
  broker.putSession("5e551000", { agentConnected: true });
  await page.locator("[data-reason=agent_lost]").waitFor({ state: "detached" });
});

test("A2 L6: terminate is offered for an ongoing session only", async () => {
  broker.putSession("5e551000", { phase: SessionPhase.ACTIVE, deviceName: "ws-0147", repId: "r2", repName: "Kim Two", recorded: true, actions: [create(ActionSchema, { id: "terminate", enabled: true })] });
  await page.goto(`${broker.url}/audit?session=5e551000`);
  await by("terminate").waitFor();
  await by("recording-later").waitFor();
  broker.putSession("5e551000", { phase: SessionPhase.ENDED, endedBy: EndedBy.CUSTOMER });
  await by("terminate").waitFor({ state: "detached" });
});
