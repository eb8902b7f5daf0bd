import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { DevicePolicySchema, DeviceUpdateSchema, SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { TrialResult } from "../src/gen/alongside/wire/v1/link_pb.ts";
import { ErrorCode, Reason } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { ChatSchema } from "../src/gen/alongside/wire/v1/session_pb.ts";
import { InputKind } from "../src/wire/input.ts";
import { device } from "./fake/data.ts";
import { bytes, canvasCases } from "./files.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, open, page, shot, shown, snapshot, test, until } from "./harness.ts";
import { record } from "./recorded.ts";

test("sign-in: a wrong password says so, the right one leads to where one wanted to go", async () => {
  broker.signedIn = false;
  await page.goto(`${broker.url}/audit`);
  await page.getByLabel("Name").fill("rep.one");
  await page.getByLabel("Password").fill("wrong");
  await shot("sign-in");
  await by("sign-in-submit").click();
  await by("sign-in-error").getByText("Name or password is wrong.").waitFor();
  await page.getByLabel("Password").fill("correct horse");
  await by("sign-in-submit").click();
  await page.getByRole("heading", { name: "Audit log" }).waitFor();
});

test("setup: shown while there is no administrator", async () => {
  broker.signedIn = false;
  broker.setupNeeded = true;
  await page.goto(broker.url);
  await by("setup-form").waitFor();
  await shot("setup");
  for (const [label, value] of Object.entries({ "One-time secret": "s", Organisation: "Example Org", "Your name": "Robin", "Sign-in name": "robin", "Password again": "a long password" })) {
    await page.getByLabel(label, { exact: false }).first().fill(value);
  }
  await page.locator("[name=password]").fill("a long password");
  await by("setup-submit").click();
  await page.getByRole("heading", { name: "Summary" }).waitFor();
});

test("E14 I1: the inventory finds devices, and says why one cannot be supported", async () => {
  await page.goto(`${broker.url}/inventory`);
  await by("device-row").first().waitFor();
  assert.equal(await by("device-row").count(), 5);
  await shot("inventory");
  const row = (name: string) => page.locator(`[data-hostname=${name}]`);
  assert.equal(await row("kiosk-hall-2").getByTestId("reason").innerText(), "offline");
  assert.equal(await row("srv-term-1").getByTestId("reason").innerText(), "not allowed by Servers");
  await by("search").fill("user.b debian");
  assert.equal(await by("device-row").count(), 1);
  await by("search").fill("no such thing");
  await by("empty").waitFor();
  await shot("inventory-nothing");
  await by("search").fill("");
  await by("online-only").click();
  assert.equal(await by("device-row").count(), 4);
});

test("the inventory follows the broker without a reload", async () => {
  await page.goto(`${broker.url}/inventory`);
  await page.locator("[data-hostname=ws-0147][data-online=true]").waitFor();
  broker.putDevice(device("d1", "ws-0147", { online: false }));
  await page.locator("[data-hostname=ws-0147][data-online=false]").waitFor();
  broker.push({ case: "deviceRemoved", value: "d1" });
  await page.locator("[data-hostname=ws-0147]").waitFor({ state: "detached" });
});

test("F: hostile names are text and nothing else", async () => {
  const hostile = `<img src=x onerror="document.title='owned'">{{1}}`;
  broker.devices.clear();
  broker.devices.set("x", device("x", hostile, { user: hostile, os: hostile, reason: hostile }));
  await page.goto(`${broker.url}/inventory`);
  await page.getByText(hostile).first().waitFor();
  await by("device-link").click();
  await by("device-name").getByText(hostile).waitFor();
  assert.equal(await page.locator("main img").count(), 0);
});

test("I3: the device page starts a session by Screenshare", async () => {
  await page.goto(`${broker.url}/devices/d1`);
  await by("remote-support").waitFor();
  await shot("device");
  await by("screenshare").click();
  await page.locator("[data-phase=awaiting_consent]").waitFor();
  assert.equal(broker.sessions.get("5e551000")?.path, "device");
});

test("the device page tells what the device obeys, since when, and why it refused", async () => {
  const at = (ms: number) => timestampFromDate(new Date(Date.now() + ms));
  const day = 86_400_000;
  const says = async (state: string, id: string, words: RegExp) => {
    await page.locator(`[data-testid=device-policy][data-state=${state}]`).waitFor();
    assert.match(await by(id).innerText(), words, state);
  };
  const told = (change: MessageInitShape<typeof DevicePolicySchema>) => {
    broker.details.set("d1", { policy: create(DevicePolicySchema, { told: 5n, toldAt: at(-220_000), expiresAt: at(7 * day), obeyed: 4n, reportedAt: at(-2 * day - 60_000), ...change }) });
    broker.putDevice(device("d1", "ws-0147")); // as the broker does with each report
  };
  broker.details.set("d1", { policy: create(DevicePolicySchema, {}) });
  await page.goto(`${broker.url}/devices/d1`);
  await says("none", "policy-obeyed", /^its own rules only$/);
  told({});
  await says("waiting", "policy-told", /^version 5 since .*\(3 min ago\)$/);
  told({ refused: "<b>older</b> than the last" });
  await says("refused", "device-policy", /refused version 5: <b>older<\/b> than the last/);
  assert.match(await by("policy-obeyed").innerText(), /^version 4$/);
  assert.match(await by("policy-reported").innerText(), /^since .*\(2 d ago\)$/);
  await shot("device-policy");
  told({ obeyed: 5n, reportedAt: at(-100_000) });
  await says("obeyed", "policy-reported", /^since .*\(1 min ago\)$/);
  assert.equal(await by("policy-obeyed").innerText(), "version 5");
  told({ obeyed: 5n, expiresAt: at(-60_000) });
  await says("expired", "device-policy", /its own rules alone count/);
});

test("D25: the device page tells what became of the last update, as soon as the device says it", async () => {
  const tried = (u: MessageInitShape<typeof DeviceUpdateSchema>) => {
    broker.details.set("d1", { update: create(DeviceUpdateSchema, { endedAt: timestampFromDate(new Date(Date.now() - 200_000)), ...u }) });
    broker.putDevice(device("d1", "ws-0147")); // as the broker does with each report
  };
  const says = async (state: string, words: RegExp) => {
    await page.locator(`[data-testid=device-update][data-state=${state}]`).waitFor();
    assert.match(await by("device-update").innerText(), words);
  };
  await page.goto(`${broker.url}/devices/d1`);
  await by("remote-support").waitFor();
  assert.equal(await by("device-update").count(), 0);
  tried({ version: "v1.1.0", result: TrialResult.INSTALLED });
  await says("installed", /installed\n.*It runs\..*v1\.1\.0.*3 min ago/s);
  tried({ version: "v1.2.0", result: TrialResult.CRASHED, detail: "<b>status</b> 2" });
  await says("crashed", /taken back\n.*not tried again.*v1\.2\.0.*<b>status<\/b> 2/s);
  await shot("device-update");
  tried({ version: "v1.2.0", result: TrialResult.BROKER_AWAY });
  await says("broker_away", /It is tried again/);
});

test("I6: a no, no answer and a cancel each have their own words and a way back", async () => {
  await page.goto(`${broker.url}/inventory`);
  await page.locator("[data-hostname=ws-0147]").getByTestId("support").click();
  await page.locator("[data-phase=awaiting_consent]").waitFor();
  await shot("waiting");
  broker.putSession("5e551000", { phase: SessionPhase.DENIED, code: ErrorCode.DENIED_BY_USER });
  await by("outcome-text").getByText("The person at the device said no.").waitFor();
  await shot("denied");
  broker.putSession("5e551000", { code: ErrorCode.CONSENT_TIMEOUT });
  await by("outcome-text").getByText("Nobody answered").waitFor();
  await by("ask-again").click();
  await by("cancel").click();
  await page.locator("[data-phase=cancelled]").waitFor();
  await by("back-to-inventory").click();
  await by("device-row").first().waitFor();
});

test("an answer that was overtaken by the live stream changes nothing", async () => {
  let answer = () => {};
  broker.slowGet = new Promise((resolve) => {
    answer = resolve;
  });
  await live(ops.update(ops.resize(80, 50)));
  const answered = page.waitForResponse((r) => r.url().endsWith("SessionService/Get"));
  answer();
  await (await answered).finished();
  broker.push({ case: "chat", value: create(ChatSchema, { session: Uint8Array.from([0x5e, 0x55, 0x10, 0]), seq: 1n, fromCustomer: true, text: "still here" }) });
  await by("chat-message").waitFor();
  await page.locator("[data-phase=active]").waitFor();
});

test("the canvas is the remote screen, pixel for pixel, and each update is credited", async () => {
  const rgb = Uint8Array.from({ length: 64 * 50 * 3 }, (_, i) => (i * 7 + (i >> 8)) & 255);
  await live(ops.update(ops.resize(64, 50), ops.lossless({ x: 0, y: 0, w: 64, h: 50 }, rgb)), ops.update(ops.fill({ x: 3, y: 4, w: 5, h: 6 }, 1, 2, 254)));
  await shown(2);
  const got = await snapshot();
  assert.equal(`${got.width}x${got.height}`, "64x50");
  for (let i = 0; i < 64 * 50; i++) {
    const [x, y] = [i % 64, Math.floor(i / 64)];
    const filled = x >= 3 && x < 8 && y >= 4 && y < 10;
    const want = filled ? [1, 2, 254, 255] : [rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2], 255];
    assert.deepEqual(got.pixels.slice(i * 4, i * 4 + 4), want, `pixel ${x},${y}`);
  }
  await until("both credited", () => broker.agent.shown.join() === "1/1,1/2");
});

for (const c of canvasCases().filter((c) => c.name.startsWith("photo"))) {
  test(`canvas.json: ${c.name}`, async () => {
    const payloads = c.updates.map(bytes);
    if (c.error !== undefined) {
      const last = payloads.pop()!;
      await live(...payloads);
      await shown(payloads.length);
      broker.agent.update(last);
      await until("a refresh", () => broker.agent.views.filter((v) => v.refresh).length === 2);
      return;
    }
    await live(...payloads);
    await shown(payloads.length);
    const got = await snapshot();
    const want = bytes(c.rgba);
    assert.deepEqual([got.width, got.height], [c.width, c.height]);
    const worst = want.reduce((w, v, i) => Math.max(w, Math.abs(v - got.pixels[i]!)), 0);
    assert.ok(worst <= (c.tolerance ?? 0), `off by ${worst}`);
  });
}

test("random desktops end exact with the browser's own decoders", async () => {
  for (const view of record().filter((v) => v.name === "knows all")) {
    const end = view.events.findLastIndex((e) => e.rgba !== undefined);
    const want = view.events[end]!;
    const epoch = view.events.slice(0, end).findLast((e) => e.update)!.epoch;
    const begin = view.events.slice(0, end).findLastIndex((e) => e.cache !== undefined);
    const updates = view.events.slice(begin, end).filter((e) => e.update && e.epoch === epoch);
    await live(...updates.map((e) => new Uint8Array(Buffer.from(e.update!, "base64"))));
    await shown(updates.length);
    const got = await snapshot();
    assert.deepEqual([got.width, got.height], [want.width, want.height]);
    const rgba = Buffer.from(want.rgba!, "base64");
    const wrong = rgba.findIndex((v, i) => v !== got.pixels[i]);
    assert.equal(wrong, -1, `seed ${view.seed}: byte ${wrong} of ${got.width}x${got.height}`);
    await open({});
  }
});

test("X3: at 1:1 on a dense display one remote pixel is one device pixel", async () => {
  await open({ deviceScaleFactor: 1.5, viewport: { width: 1000, height: 700 } });
  await live(ops.update(ops.resize(900, 700), ops.fill({ x: 0, y: 0, w: 900, h: 700 }, 9, 9, 9)));
  await shown(1);
  await by("menu-scale").click();
  await by("scale-actual").click();
  const width = await page.locator(".viewer-canvas").evaluate((c) => c.getBoundingClientRect().width * devicePixelRatio);
  assert.ok(Math.abs(width - 900) < 0.01, `${width} device pixels`);
});

test("pointer and keys arrive exactly, and nothing stays down when the page loses the focus", async () => {
  await live(ops.update(ops.resize(1600, 1000), ops.fill({ x: 0, y: 0, w: 1600, h: 1000 }, 40, 60, 80)));
  await shown(1);
  const at = await page.evaluate(() => (document.querySelector("alongside-viewer") as unknown as { pagePoint(x: number, y: number): { x: number; y: number } }).pagePoint(801, 399));
  await page.mouse.move(at.x, at.y);
  await page.mouse.down({ button: "right" });
  await page.mouse.up({ button: "right" });
  await page.mouse.wheel(0, 120);
  await page.keyboard.press("Shift+A");
  await page.keyboard.down("b");
  await page.evaluate(() => window.dispatchEvent(new Event("blur")));
  const got = broker.agent.inputs;
  await until("all released", () => got.some((e, i) => e.kind === InputKind.ReleaseAll && i > 5));
  const press = got.find((e) => e.kind === InputKind.Button);
  assert.ok(press && Math.abs(press.x - 801) <= 1 && Math.abs(press.y - 399) <= 1 && press.button === 2 && press.down, JSON.stringify(press));
  const wheel = got.find((e) => e.kind === InputKind.Wheel);
  assert.equal(wheel?.dy, 120);
  const keys = got.filter((e) => e.kind === InputKind.Key).map((e) => `${e.code.toString(16)}${e.down ? "+" : "-"}${e.text}`);
  assert.deepEqual(keys, ["e1+", "4+A", "4-", "e1-", "5+b"]);
});

test("view only: it says so and sends nothing", async () => {
  broker.agent.control = false;
  await live(ops.update(ops.resize(800, 500), ops.fill({ x: 0, y: 0, w: 800, h: 500 }, 40, 60, 80)));
  await by("mode").getByText("view only").waitFor();
  const box = (await page.locator(".viewer-canvas").boundingBox())!;
  await page.mouse.click(box.x + 50, box.y + 50);
  await page.keyboard.type("abc");
  broker.agent.update(ops.update(ops.fill({ x: 0, y: 0, w: 9, h: 9 }, 1, 1, 1)));
  await shown(2);
  assert.deepEqual(broker.agent.inputs, []);
});

test("X5: the endpoint's cursor is the local cursor", async () => {
  const red = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 255 : 0));
  await live(ops.update(ops.resize(800, 500), ops.cursor(16, 16, 4, 5, red)));
  await page.waitForFunction(() => /^url\("blob:.*"\) 4 5, default$/.test((document.querySelector(".viewer-canvas") as HTMLElement).style.cursor));
});

test("X9: a reason of the endpoint and a lost link are told, and the link comes back", async () => {
  await live(ops.update(ops.resize(1600, 900), ops.fill({ x: 0, y: 0, w: 1600, h: 900 }, 36, 68, 92), ops.fill({ x: 220, y: 160, w: 760, h: 470 }, 245, 246, 248), ops.fill({ x: 220, y: 160, w: 760, h: 44 }, 58, 66, 78)));
  await shown(1);
  const said = (seq: bigint, fromCustomer: boolean, text: string) => create(ChatSchema, { session: Uint8Array.from([0x5e, 0x55, 0x10, 0]), seq, fromCustomer, from: fromCustomer ? "user.a" : "Robin One", text, atUnixMs: BigInt(Date.now()) });
  broker.push({ case: "chat", value: said(1n, true, "It asks for a password when I click Install.") });
  broker.push({ case: "chat", value: said(2n, false, "I see it. One moment, I am going to open the settings.") });
  await by("chat-message").nth(1).waitFor();
  await shot("session");
  await by("menu-keys").click();
  await shot("session-keys");
  await page.keyboard.press("Escape");
  broker.agent.reason = Reason.DISPLAY_SERVER_GONE;
  broker.agent.state();
  await page.locator("[data-reason=display_server_gone]").waitFor();
  await shot("session-reason");
  broker.agent.reason = Reason.OK;
  broker.agent.socket?.cut();
  await page.locator("[data-reason=link_lost]").waitFor();
  await page.locator("[data-phase=active][data-link=open]").waitFor();
  await until("a second attachment", () => broker.agent.attached === 2);
});

test("X9: a lock screen is said beside the picture and can be typed into; what is not there covers it", async () => {
  await live(ops.update(ops.resize(800, 500), ops.fill({ x: 0, y: 0, w: 800, h: 500 }, 30, 30, 60), ops.fill({ x: 280, y: 180, w: 240, h: 140 }, 220, 220, 230)));
  await shown(1);
  const becomes = (reason: Reason) => {
    broker.agent.reason = reason;
    broker.agent.state();
  };
  for (const [reason, words] of [[Reason.LOCKED, "locked"], [Reason.LOGIN_SCREEN, "sign-in screen"]] as const) {
    becomes(reason);
    await by("screen-mark").getByText(words, { exact: true }).waitFor();
    await by("reason").waitFor({ state: "detached" });
    await page.locator(".stage.covered").waitFor({ state: "detached" });
    const before = broker.agent.inputs.length;
    await page.locator(".viewer-canvas").click();
    await page.keyboard.type("pw");
    await until("what is typed to arrive", () => broker.agent.inputs.slice(before).some((e) => e.kind === InputKind.Key && e.text === "w"));
  }
  becomes(Reason.LOCKED);
  await by("screen-mark").getByText("locked", { exact: true }).waitFor();
  await shot("session-locked");
  for (const [reason, name, words] of [
    [Reason.TERMINAL_SESSION_DISCONNECTED, "terminal_session_disconnected", /switched to another terminal session/],
    [Reason.NO_MONITOR, "no_monitor", /no monitor that is on/],
  ] as const) {
    becomes(reason);
    await page.locator(`.stage.covered [data-reason=${name}]`).getByText(words).waitFor();
    await by("screen-mark").waitFor({ state: "detached" });
  }
  await shot("session-disconnected");
  becomes(Reason.OK);
  await by("reason").waitFor({ state: "detached" });
});

test("a broken update is answered by one refresh, a second one by a reason", async () => {
  await live(ops.update(ops.resize(80, 50)));
  await shown(1);
  broker.agent.update(ops.update(ops.fill({ x: 79, y: 0, w: 2, h: 1 }, 1, 1, 1)));
  await shown(2); // the new epoch's beginning
  assert.deepEqual(broker.agent.views.map((v) => v.refresh), [true, true]);
  broker.agent.update(Uint8Array.from([99, 0, 0, 0, 0]));
  await page.locator("[data-reason=link_ended]").waitFor();
  assert.match(await by("reason").innerText(), /cannot be read/);
});

test("L2: Off ends the session and says who did", async () => {
  await live(ops.update(ops.resize(80, 50)));
  await by("off").click();
  await by("outcome-text").getByText("You ended the session.").waitFor();
});

test("the audit log shows hashes, finds records, and terminates an ongoing session after a question", async () => {
  broker.putSession("5e551000", { phase: SessionPhase.ACTIVE, deviceName: "ws-0147", repName: "Robin One", repId: "r2", path: "inventory", control: true, actions: [] });
  broker.chat = [create(ChatSchema, { seq: 1n, from: "user.a", fromCustomer: true, text: "Restart it, please." })];
  await page.goto(`${broker.url}/audit`);
  await by("audit-row").first().waitFor();
  await shot("audit");
  await by("audit-session-link").first().click();
  await by("terminate").waitFor();
  await by("transcript").getByText("Restart it, please.").waitFor();
  await shot("audit-session");
  await by("terminate").click();
  await by("terminate-dialog").waitFor();
  await shot("terminate");
  await by("terminate-confirm").click();
  await by("audit-outcome").getByText("An administrator terminated the session.").waitFor();
  await by("audit-search").fill("device.refused");
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=audit-row]").length === 1);
});

test("a bundle is created, shown once, and downloaded", async () => {
  await page.goto(`${broker.url}/inventory`);
  await by("add-devices").click();
  await by("create-bundle").click();
  assert.match(await by("bundle").inputValue(), /"token"/);
  await shot("bundle");
  const download = page.waitForEvent("download");
  await by("download-bundle").click();
  assert.equal((await download).suggestedFilename(), "enroll.alongside");
});

test("L20: signing out says so", async () => {
  await page.goto(`${broker.url}/inventory`);
  await by("sign-out").click();
  await by("signed-out").getByText("You are signed out.").waitFor();
});

test("lists have a loading and an empty state", async () => {
  broker.stalled = true;
  await page.goto(`${broker.url}/inventory`);
  await by("loading").waitFor();
  await shot("loading");
  broker.stalled = false;
  broker.devices.clear();
  await page.reload();
  await by("empty").getByText("No devices yet").waitFor();
  await shot("empty");
});
