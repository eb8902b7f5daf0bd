import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Session, SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { ChatSchema } from "../src/gen/alongside/wire/v1/session_pb.ts";
import { guest, me, person, together } from "./fake/company.ts";
import { broker, by, page, shot, test, until } from "./harness.ts";

/** A session of this rep's, the n-th to begin. */
function open(n: number, name: string, over: Partial<Session> = {}): void {
  broker.putSession(`5e55100${n}`, { deviceId: "d1", deviceName: name, control: true, agentConnected: true, startedAt: timestampFromDate(new Date(Date.UTC(2026, 10, 29, 10, n))), ...together({ repId: me.id, repName: me.name, outcomes: ["end", "hold"] }), ...over });
}

const tabs = () => by("open-tab").allInnerTexts();

test("open sessions are tabs on every page, bounded, with what was said meanwhile", async () => {
  open(2, "ws-0152", guest());
  open(1, "ws-0147");
  open(3, "lab-9", { phase: SessionPhase.AWAITING_CONSENT });
  open(4, "kiosk-1", { phase: SessionPhase.HELD });
  broker.putSession("5e551009", { deviceName: "of-others", ...together({ repId: "r2", participants: [person("r2", "Kim Two", { owner: true })] }) });
  await page.goto(`${broker.url}/inventory`);
  await by("open-tab").nth(2).waitFor();
  assert.deepEqual(await tabs(), ["ws-0147", "ws-0152", "lab-9"]);
  await by("open-tab").getByText("ws-0147").click();
  await page.locator("[data-testid=session][data-link=open]").waitFor();
  broker.push({ case: "chat", value: create(ChatSchema, { session: Uint8Array.from([0x5e, 0x55, 0x10, 2]), seq: 1n, from: "Kim Two", text: "Are you there?" }) });
  broker.company.invite("i1");
  await by("tab-queue").waitFor();
  await page.locator("[data-testid=open-tab][aria-label='ws-0152, 1 new message']").waitFor();
  assert.equal(await page.locator("[data-testid=open-tab][aria-current=page]").innerText(), "ws-0147");
  await shot("tabs");
  await by("open-tab").nth(1).click();
  await page.locator("[data-testid=open-tab][aria-current=page]").getByText("ws-0152").waitFor();
  await by("chat-message").getByText("Are you there?").waitFor();
  await page.locator("[data-testid=open-tab][aria-label='ws-0152']").waitFor();
  for (let n = 5; n < 9; n++) open(n, `more-${n}`);
  await by("more-tabs").getByText("+1").waitFor();
  await page.goto(`${broker.url}/sessions/5e551008`);
  await page.locator("[data-testid=open-tab][aria-current=page]").getByText("more-8").waitFor();
  assert.equal((await tabs()).length, 6);
});

test("one session alone has no tabs over its own screen", async () => {
  open(1, "ws-0147");
  await page.goto(`${broker.url}/sessions/5e551001`);
  await page.locator("[data-testid=session][data-link=open]").waitFor();
  assert.equal(await by("open-sessions").count(), 0);
});

test("O13 O16: the rep says how they can be reached: here, away, and by mail", async () => {
  broker.company.extended = true;
  await page.goto(`${broker.url}/inventory`);
  await by("menu-availability").getByText("Available · by mail too").waitFor();
  await by("menu-availability").click();
  assert.equal(await by("extended").getAttribute("aria-checked"), "true");
  await shot("availability");
  await by("away").click();
  await by("menu-availability").getByText("Away · by mail too").waitFor();
  await by("menu-availability").click();
  await by("extended").click();
  await until("both are kept", () => broker.company.away && !broker.company.extended);
  await page.reload();
  await by("menu-availability").getByText("Away", { exact: true }).waitFor();
});

test("L19 L21: signing out with open sessions says what becomes of each, and does it only when confirmed", async () => {
  open(1, "ws-0147");
  open(2, "ws-0152", guest());
  open(3, "lab-9", { participants: [person(me.id, me.name, { owner: true, control: true }), person("x1", "Val Vendor", { external: true })] });
  open(4, "kiosk-1", { phase: SessionPhase.AWAITING_CONSENT, participants: [] });
  await page.goto(`${broker.url}/inventory`);
  await by("open-tab").nth(3).waitFor();
  await by("sign-out").click();
  const fates = await by("fate").allInnerTexts();
  assert.match(fates[0] ?? "", /ws-0147[^]*not back within a minute, Kim Two owns it/);
  assert.match(fates[1] ?? "", /ws-0152[^]*goes on for the others/);
  assert.match(fates[2] ?? "", /lab-9[^]*waits in a team's queue[^]*or ends/);
  assert.match(fates[3] ?? "", /kiosk-1[^]*still being asked/);
  await shot("sign-out");
  await page.keyboard.press("Escape");
  await by("sign-out-dialog").waitFor({ state: "detached" });
  assert.equal(broker.signedIn, true);
  await by("sign-out").click();
  await by("sign-out-confirm").click();
  await page.getByRole("heading", { name: /signed out|Sign in/ }).first().waitFor();
  assert.equal(broker.signedIn, false);
});

test("L21: where closed sessions are demanded, signing out says so and offers the ways of closing each", async () => {
  broker.closedSessions = true;
  open(1, "ws-0147", { outcomes: ["end", "hold"] });
  open(2, "ws-0152", { ...guest(), outcomes: ["leave"] });
  await page.goto(`${broker.url}/inventory`);
  await by("open-tab").nth(1).waitFor();
  await by("sign-out").click();
  await by("fate").nth(1).waitFor();
  assert.equal(await by("way-end").count(), 0);
  await by("sign-out-confirm").click();
  await by("sign-out-dialog").getByText("Close your sessions before you sign out.").waitFor();
  assert.equal(await by("way-hold").count(), 0, "what is held is open");
  await shot("sign-out-demanded");
  await by("way-end").click();
  await by("way-leave").click();
  await by("sign-out-dialog").getByText("All your sessions are closed.").waitFor();
  await by("sign-out-confirm").click();
  await page.getByRole("heading", { name: /signed out|Sign in/ }).first().waitFor();
});

test("O13: that the console is used is said, and not with every key", async () => {
  await page.goto(`${broker.url}/inventory`);
  await by("sign-out").waitFor();
  for (let i = 0; i < 20; i++) await page.mouse.move(300 + i, 300);
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => performance.getEntriesByType("resource").some((e) => e.name.endsWith("/NoteUse")));
  assert.equal(broker.company.used, 1);
});
