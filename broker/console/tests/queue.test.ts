import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate, timestampNow } from "@bufbuild/protobuf/wkt";
import { SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { RequestPhase, type SupportRequest, SupportRequestSchema } from "../src/gen/alongside/console/v1/request_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { guest, me, person, together } from "./fake/company.ts";
import { broker, by, page, shot, test } from "./harness.ts";

// The session of Kim's that Robin is invited to.
const kims = () => broker.putSession("5e551007", { deviceId: "d2", deviceName: "ws-0152", control: true, agentConnected: true, ...guest({ participants: [person("r2", "Kim Two", { owner: true, control: true })] }) });
const ago = (min: number) => timestampFromDate(new Date(Date.now() - min * 60_000 - 30_000));
const count = async () => (await by("nav-queue").locator(".count").allInnerTexts()).join();

test("O7 O8 O25: invitations come by push, say what they are about, and are accepted", async () => {
  kims();
  await page.goto(`${broker.url}/queue`);
  await by("empty").waitFor();
  await shot("queue-empty");
  broker.company.invite("i1", { sentAt: ago(4) });
  broker.company.invite("i2", { deviceName: "shop-04", from: "Uma Five", to: { case: "teamId", value: "t1" }, toName: "Second line", issue: "VPN", sentAt: ago(2) });
  broker.company.invite("i3", { deviceName: "srv-term-1", from: "Jo Three", transfer: true });
  broker.putSession("5e551008", { deviceName: "lab-9", phase: SessionPhase.HELD, waitsIn: "Second line", heldSince: ago(7), agentConnected: true, control: true });
  broker.putSession("5e551009", { deviceName: "kiosk-1", ...together({ phase: SessionPhase.HELD, repId: me.id, heldSince: ago(12), outcomes: ["end"], agentConnected: true }) });
  await by("held-session").waitFor();
  const item = (id: string) => page.locator(`[data-invitation=${id}]`);
  assert.match(await item("i1").innerText(), /Kim Two asks you to join the session with ws-0152[^]*4 min ago/);
  assert.match(await item("i2").innerText(), /Uma Five asks for help with shop-04[^]*Issue: VPN · to any representative of Second line/);
  assert.match(await item("i3").innerText(), /Jo Three offers you the ownership of the session with srv-term-1[^]*Take over/);
  assert.match(await by("held-session").innerText(), /Held 12 min ago · goes on for Kim Two/);
  assert.equal(await count(), "5");
  await shot("queue-full");
  await item("i1").getByTestId("accept-invitation").click();
  await page.locator("[data-phase=active]").waitFor();
  assert.deepEqual(broker.sessions.get("5e551007")?.participants.map((p) => p.repId), ["r2", me.id]);
  await page.goBack();
  await item("i1").waitFor({ state: "detached" });
});

test("O26: declining takes it away without a session", async () => {
  kims();
  broker.company.invite("i1");
  await page.goto(`${broker.url}/queue`);
  await by("decline-invitation").click();
  await by("empty").waitFor();
  assert.equal(broker.company.invitations.size, 0);
  assert.equal(await count(), "");
});

test("O9: whoever comes second is told that somebody else was first, and stays on the page", async () => {
  kims();
  broker.company.invite("i1", { to: { case: "teamId", value: "t1" }, toName: "Second line" });
  broker.company.taken.add("i1");
  await page.goto(`${broker.url}/queue`);
  await by("accept-invitation").click();
  await by("too-late").getByText("ws-0152: Somebody else of the team was first.").waitFor();
  await by("invitation").waitFor({ state: "detached" });
  await shot("too-late");
  await by("too-late").getByRole("button").click();
  await by("too-late").waitFor({ state: "detached" });
});

test("O18 O22 O24: one that was taken back goes by push, and an answer that came too late is told", async () => {
  broker.company.invite("i1");
  broker.company.invite("i2", { deviceName: "shop-04" });
  await page.goto(`${broker.url}/queue`);
  await by("invitation").nth(1).waitFor();
  broker.company.withdraw("i2");
  await page.locator("[data-invitation=i2]").waitFor({ state: "detached" });
  broker.company.invitations.delete("i1");
  await by("accept-invitation").click();
  await by("too-late").getByText("This invitation does not stand any more.").waitFor();
});

test("O4 O5: accepting a transfer makes the owner", async () => {
  kims();
  broker.company.invite("i1", { transfer: true });
  await page.goto(`${broker.url}/queue`);
  await by("accept-invitation").click();
  await page.locator("[data-phase=active]").waitFor();
  await by("menu-share").waitFor();
  assert.equal(broker.sessions.get("5e551007")?.repId, me.id);
});

test("L21: a session that waits for an owner is taken up, from the queue and from its page", async () => {
  broker.putSession("5e551008", { deviceId: "d1", deviceName: "lab-9", phase: SessionPhase.HELD, waitsIn: "Second line", heldSince: timestampNow(), agentConnected: true, control: true });
  await page.goto(`${broker.url}/sessions/5e551008`);
  await by("outcome-text").getByText("it waits in Second line").waitFor();
  await shot("waits");
  await by("to-queue").click();
  await by("waiting-session").getByText("in Second line").waitFor();
  await by("take-up").click();
  await page.locator("[data-phase=active]").waitFor();
  assert.equal(broker.sessions.get("5e551008")?.repId, me.id);
});

// A customer's request in a queue of Robin's team.
function asks(id: string, over: Partial<Omit<SupportRequest, "$typeName" | "$unknown">> = {}): void {
  const r = create(SupportRequestSchema, { id, deviceId: "d1", deviceName: "ws-0147", name: "Alex Ash", reason: "The printer is gone.", at: ago(3), phase: RequestPhase.PENDING, mayDecide: true, queueId: "u1", queueName: "Second line", waitsForMe: true, ...over });
  broker.office.requests.set(id, r);
  broker.push({ case: "request", value: r });
}

test("B10: a customer who asks the team for help waits in its queue and is accepted from there", async () => {
  await page.goto(`${broker.url}/queue`);
  await by("empty").waitFor();
  asks("q2", { name: "Bo Birch" });
  asks("q1", { at: ago(9) });
  asks("q3", { waitsForMe: false });
  const item = page.locator("[data-request=q1]");
  await item.waitFor();
  assert.match(await item.innerText(), /Alex Ash[^]*Second line[^]*9 min ago/);
  assert.deepEqual(await by("request-name").allInnerTexts(), ["Alex Ash", "Bo Birch"], "who waits longest comes first");
  assert.equal(await count(), "2");
  await shot("queue-asking");
  asks("q2", { phase: RequestPhase.CANCELLED });
  await page.locator("[data-request=q2]").waitFor({ state: "detached" });
  await item.getByTestId("approve").click();
  await page.locator("[data-testid=session][data-phase=awaiting_consent]").waitFor();
});

test("E15: a look at what waits shows who asks, why and what was written, by keyboard, and accepts from there", async () => {
  await page.goto(`${broker.url}/queue`);
  await by("empty").waitFor();
  asks("q1", { sessionId: "5e551011" });
  const chat = [{ seq: 1n, from: "Alex Ash", fromCustomer: true, text: "It hums." }, { seq: 2n, from: "Kim Two", repId: "r2", text: "I look." }];
  broker.company.waits("5e551011", { name: "Alex Ash", email: "alex@example.org", phone: "12 34", deviceName: "ws-0147", reason: "The printer is gone.", queueName: "Second line", since: ago(3), chat, more: true });
  let answer = () => {};
  broker.company.slowPeek = new Promise((resolve) => (answer = resolve));
  const peek = page.getByRole("button", { name: "Peek at Alex Ash" });
  await peek.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Peek at Alex Ash" });
  await dialog.getByTestId("loading").waitFor();
  answer();
  await by("peek-facts").waitFor();
  assert.match(await by("peek-facts").innerText(), /Alex Ash[^]*alex@example.org · 12 34[^]*ws-0147[^]*The printer is gone\.[^]*in Second line · 3 min ago[^]*nobody/);
  assert.match(await by("peek-chat").innerText(), /Earlier messages are left out[^]*Alex Ash[^]*It hums\.[^]*Kim Two[^]*I look\./);
  await shot("queue-peek");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await peek.evaluate((b) => b === document.activeElement), "the focus goes back");
  assert.equal(broker.office.requests.get("q1")?.phase, RequestPhase.PENDING, "a look takes nothing");
  await page.keyboard.press("Enter");
  await dialog.getByTestId("approve").focus();
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=session][data-phase=awaiting_consent]").waitFor();
});

test("E15: invitations and sessions without an owner can be looked at and accepted from the look", async () => {
  kims();
  broker.company.invite("i1");
  broker.company.waits("5e551007", { name: "user.b", deviceName: "ws-0152", since: ago(1), participants: [person("r2", "Kim Two", { owner: true })] });
  broker.putSession("5e551008", { deviceName: "lab-9", phase: SessionPhase.HELD, waitsIn: "Second line", heldSince: ago(7), agentConnected: true, control: true });
  broker.company.waits("5e551008", { name: "Uma Five", deviceName: "lab-9", queueName: "Second line", since: ago(7) });
  await page.goto(`${broker.url}/queue`);
  await by("invitation").getByTestId("peek").click();
  assert.match(await by("peek-facts").innerText(), /for you · 1 min ago[^]*Kim Two \(owner\)/);
  await by("peek-chat").getByText("Nothing was written yet.").waitFor();
  await by("peek-dialog").getByTestId("accept-invitation").click();
  await page.locator("[data-phase=active]").waitFor();
  await page.goBack();
  await by("waiting-session").getByTestId("peek").click();
  await by("peek-facts").getByText("Uma Five").waitFor();
  await by("peek-dialog").getByTestId("take-up").click();
  await page.locator("[data-phase=active]").waitFor();
  assert.equal(broker.sessions.get("5e551008")?.repId, me.id);
});

test("E15: a look that comes too late or fails says so, and without the permission there is none", async () => {
  kims();
  broker.company.invite("i1");
  await page.goto(`${broker.url}/queue`);
  await by("peek").click();
  await by("peek-gone").getByText("It does not wait for you any more").waitFor();
  assert.equal(await by("peek-dialog").getByTestId("accept-invitation").count(), 0);
  await by("peek-close").click();
  broker.company.peekFail = ErrorCode.BUSY;
  broker.company.waits("5e551007", { name: "user.b" });
  await by("peek").click();
  await by("peek-dialog").getByTestId("failed").waitFor();
  broker.company.peekFail = undefined;
  await by("peek-dialog").getByRole("button", { name: "Try again" }).click();
  await by("peek-facts").getByText("user.b").waitFor();

  broker.admin = false;
  broker.permissions = ["session.start"];
  await page.reload();
  await by("invitation").waitFor();
  assert.equal(await by("peek").count(), 0);
  broker.permissions = ["session.start", "session.peek"];
  await page.reload();
  await by("peek").waitFor();
});

test("the queue shows that it is being loaded", async () => {
  broker.stalled = true;
  await page.goto(`${broker.url}/queue`);
  await by("loading").waitFor();
});
