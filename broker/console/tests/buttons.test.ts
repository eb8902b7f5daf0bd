import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { ActionSchema, SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { ConfigObjectSchema } from "../src/gen/alongside/console/v1/directory_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { me } from "./fake/company.ts";
import { broker, by, page, shot, test } from "./harness.ts";

function session(button: Partial<{ enabled: boolean; code: ErrorCode; reason: string }> = { enabled: true }): void {
  broker.putSession("5e551007", { deviceId: "d1", deviceName: "ws-0147", repId: me.id, repName: me.name, phase: SessionPhase.ACTIVE, control: true, agentConnected: true, outcomes: ["end", "hold"], actions: [create(ActionSchema, { id: "button", ...button })] });
}

test("B1 B3 B4 B5: a Support Button is deployed from a session with profile, queue, lifetime and description", async () => {
  session();
  await page.goto(`${broker.url}/sessions/5e551007`);
  await by("menu-button").click();
  await by("deploy-button").click();
  await by("select-button-profile").selectOption("p1");
  await by("deploy").click();
  await page.getByText("choose the queue that it leads to").waitFor();
  await by("select-button-queue").selectOption("u1");
  assert.deepEqual(await by("select-button-lasts").locator("option").allInnerTexts(), ["8 hours", "1 day", "1 week", "30 days"]);
  await by("select-button-lasts").selectOption("168");
  await page.getByLabel("Description").fill("till by the door");
  await shot("button-deploy");
  await by("deploy").click();
  await by("deploy-dialog").waitFor({ state: "detached" });
  const [b] = broker.buttons.all;
  assert.equal(b?.deviceId, "d1");
  assert.equal(b?.description, "till by the door");
  assert.equal(b?.queueName, "First line");
  assert.equal(Math.round((Number(b?.expiresAt?.seconds) - Date.now() / 1000) / 3600), 168);
});

test("B11 C8: to remove one asks first, and Cancel changes nothing", async () => {
  session();
  broker.buttons.put("b1");
  await page.goto(`${broker.url}/sessions/5e551007`);
  await by("menu-button").click();
  await by("remove-button").click();
  await by("remove-button-dialog").getByText("till by the door").waitFor();
  await shot("button-remove");
  await by("remove-button-dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal(broker.buttons.all.length, 1);
  await by("menu-button").click();
  await by("remove-button").click();
  await by("remove-button-confirm").click();
  await by("remove-button-dialog").waitFor({ state: "detached" });
  assert.equal(broker.buttons.all.length, 0);
});

test("E15: where it is not possible the bar says why; who may not at all sees nothing of it", async () => {
  session({ enabled: false, code: ErrorCode.SESSION_HELD, reason: "the session is held: resume it first" });
  await page.goto(`${broker.url}/sessions/5e551007`);
  assert.match((await by("buttons-not").getAttribute("aria-label")) ?? "", /resume it first/);
  broker.admin = false;
  broker.permissions = ["session.start"];
  await page.reload();
  await by("bar").waitFor();
  assert.equal(await by("buttons-not").count(), 0);
  await page.goto(`${broker.url}/devices/d1`);
  await by("remote-support").waitFor();
  assert.equal(await by("device-buttons").count(), 0);
});

test("B2 B5 B6: the device's page lists its buttons with what reps know of them, kept current", async () => {
  await page.goto(`${broker.url}/devices/d1`);
  await by("device-buttons").getByText("There is none").waitFor();
  broker.buttons.laidOut = true;
  broker.buttons.put("b1");
  await by("device-button").waitFor();
  assert.match(await by("device-button").innerText(), /Get help Shops[^]*till by the door[^]*leads to First line · for user.a · until/);
  await by("device-buttons").getByText("on the desktop in front").waitFor();
  broker.buttons.problem = "there is another file in its place";
  broker.buttons.put("b2", { expired: true });
  await by("buttons-problem").getByText("another file").waitFor();
  await page.locator("[data-button=b2]").getByText("expired").waitFor();
  await shot("device-buttons");
});

test("B7: an installer has a validity and its buttons a lifetime", async () => {
  broker.objects.all = [create(ConfigObjectSchema, { id: "p2", name: "Office", version: 1n, object: { case: "buttonProfile", value: { title: "IT help", maxDays: 7 } } })];
  await page.goto(`${broker.url}/settings/buttons`);
  await by("make-installer").first().click();
  await by("select-button-profile").selectOption("p2");
  await by("select-button-lasts").selectOption("24");
  await page.getByLabel("Valid for days").fill("14");
  await by("create-installer").click();
  await by("installer").waitFor();
  assert.equal(broker.buttons.installer?.lastsS, 86_400n);
  assert.equal(broker.buttons.installer?.validS, 14n * 86_400n);
});
