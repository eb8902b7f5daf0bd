import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { FactorSchema } from "../src/gen/alongside/console/v1/account_pb.ts";
import { ActionSchema, SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { JumpMode } from "../src/gen/alongside/wire/v1/jump_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, page, shot, shown, test, until } from "./harness.ts";

const picture = () => ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160));
const row = (name: string) => page.locator(`[data-testid=jump-row][data-name="${name}"]`);
const field = (name: string) => page.locator(`[name="${name}"]`);
const device = () => [...broker.devices.values()].find((d) => d.online && !d.session)!;

test("J1 J2 J3: a device is pinned out of a session, after the person's yes", async () => {
  await live(picture());
  await shown(1);
  let say: (code: ErrorCode) => void = () => {};
  broker.jumps.answer = new Promise((resolve) => (say = resolve));
  await by("pin").click();
  await field("jump-name").fill("Till 7");
  assert.deepEqual(await field("jump-group").locator("option").allTextContents(), ["My own list", "Tills"]);
  await field("jump-group").selectOption({ label: "Tills" });
  await field("jump-policy").selectOption({ label: "Nights" });
  await field("jump-tag").fill("till");
  await field("jump-comments").fill("by the door");
  await field("jump-until").fill("2040-12-31");
  await field("jump-service").check();
  await shot("pin");
  await by("pin-confirm").click();
  await by("pin-asking").waitFor();
  say(ErrorCode.UNSPECIFIED);
  await by("pinned").getByText("Till 7").waitFor();
  const q = broker.jumps.pinned[0]!;
  assert.equal(q.sessionId, "5e551000");
  assert.equal(q.mode, JumpMode.SERVICE);
  assert.deepEqual([q.details?.name, q.details?.groupId, q.details?.policyId, q.details?.tag, q.details?.comments], ["Till 7", "g1", "p1", "till", "by the door"]);
  assert.equal(new Date(Number(q.details?.expiresAt?.seconds) * 1000).getFullYear(), 2040);
  await by("pin-done").click();
  await by("pin-dialog").waitFor({ state: "detached" });
});

test("J9: why a device was not pinned is said, and it can be tried again", async () => {
  await live(picture());
  await by("pin").click();
  for (const [code, words] of [
    [ErrorCode.REQUIRES_ELEVATION, "Elevate it first"],
    [ErrorCode.DENIED_BY_USER, "said no"],
  ] as const) {
    broker.jumps.answer = Promise.resolve(code);
    await by("pin-confirm").click();
    await by("pin-error").getByText(words).waitFor();
  }
  assert.equal(broker.jumps.all.length, 0);
});

test("V8: in an elevated session service mode is offered, and why it cannot be is said", async () => {
  await live(picture());
  broker.putSession("5e551000", { elevated: true });
  await by("pin").click();
  await page.getByText("a service of the whole machine").waitFor();
  await shot("pin-elevated");
  for (const [code, words] of [
    [ErrorCode.ALREADY_INSTALLED, "is installed there already"],
    [ErrorCode.NO_SERVICE_MANAGER, "cannot install a service"],
    [ErrorCode.OWN_POLICY_STRICTER, "stricter than the machine's"],
  ] as const) {
    broker.jumps.answer = Promise.resolve(code);
    await by("pin-confirm").click();
    await by("pin-error").getByText(words).waitFor();
  }
  broker.jumps.answer = Promise.resolve(ErrorCode.UNSPECIFIED);
  await by("pin-confirm").click();
  await by("pinned").waitFor();
  assert.deepEqual(new Set(broker.jumps.pinned.map((q) => q.mode)), new Set([JumpMode.SERVICE]));
});

test("J8 I9: the Jump page lists, searches and starts; what cannot be started says why", async () => {
  await page.goto(`${broker.url}/jump`);
  await by("empty").waitFor();
  await shot("jump-empty");
  const refused = create(ActionSchema, { id: "start", code: ErrorCode.JUMP_EXPIRED, reason: "its time was over on 2026-01-01" });
  broker.jumps.put("Till 7", { deviceId: device().id, groupName: "Tills", tag: "till", comments: "by the door" });
  broker.jumps.put("Old", { deviceId: device().id, actions: [refused], expired: true, online: false });
  await row("Till 7").waitFor();
  await row("Old").getByTestId("reason").getByText("its time was over").waitFor();
  assert.equal(await row("Old").getByTestId("unpin").count(), 0);
  await shot("jump");
  await by("search").fill("DOOR");
  await row("Old").waitFor({ state: "detached" });
  await by("search").fill("nothing of this");
  await page.getByText("Nothing found").waitFor();
  await by("search").fill("");
  await page.locator("[data-testid=jump-place]", { hasText: "Tills" }).click();
  await row("Old").waitFor({ state: "detached" });
  await row("Till 7").getByTestId("jump").click();
  await page.waitForURL("**/sessions/5e551000");
  assert.equal(broker.sessions.get("5e551000")?.path, "jump");
  broker.putSession("5e551000", { phase: SessionPhase.ENDED });
});

test("Q13: where the policy lets one join, the action is called so", async () => {
  const actions = ["start", "join"].map((id) => create(ActionSchema, { id, enabled: true }));
  broker.jumps.put("Till 7", { deviceId: device().id, inSessionWith: "Kim Two", actions });
  await page.goto(`${broker.url}/jump`);
  await row("Till 7").getByText("in session with Kim Two").waitFor();
  await row("Till 7").getByRole("button", { name: "Join Till 7" }).waitFor();
});

test("C9 J6: unpinning asks first, and leaves the list", async () => {
  broker.jumps.put("Till 7", { deviceId: device().id });
  await page.goto(`${broker.url}/jump`);
  await row("Till 7").getByTestId("unpin").click();
  await by("unpin-dialog").waitFor();
  await shot("unpin");
  await page.keyboard.press("Escape");
  await by("unpin-dialog").waitFor({ state: "detached" });
  assert.deepEqual(broker.jumps.unpinned, []);
  await row("Till 7").getByTestId("unpin").click();
  await by("unpin-confirm").click();
  await row("Till 7").waitFor({ state: "detached" });
  assert.deepEqual(broker.jumps.unpinned, ["j1"]);
  await page.goto(`${broker.url}/devices/${device().id}`);
  await by("remote-support").waitFor();
  assert.equal(await by("jump-panel").count(), 0);
  broker.jumps.put("Till 8", { deviceId: device().id });
  await by("jump-panel").getByText("Till 8").waitFor();
});

test("J2: a Jump Client is changed, and what was said of it stays", async () => {
  broker.jumps.put("Till 7", { deviceId: device().id, tag: "till", comments: "by the door" });
  await page.goto(`${broker.url}/jump`);
  await row("Till 7").getByTestId("edit-jump").click();
  assert.equal(await field("jump-comments").inputValue(), "by the door");
  await field("jump-name").fill("Till 9");
  await field("jump-group").selectOption({ label: "Tills" });
  await by("save-jump").click();
  await row("Till 9").getByText("Tills").first().waitFor();
  await until("changed", () => broker.jumps.all[0]?.groupId === "g1" && broker.jumps.all[0]?.tag === "till");
});

test("D9: a device is locked by passkeys of the rep's own, when it is pinned", async () => {
  broker.people.factors = [create(FactorSchema, { id: "f1", kind: "totp", name: "Phone" }), create(FactorSchema, { id: "f2", kind: "passkey", name: "Laptop" })];
  await live(picture());
  await shown(1);
  await by("pin").click();
  await field("jump-lock-f2").waitFor();
  assert.equal(await field("jump-lock-f1").count(), 0, "a code cannot lock");
  await field("jump-lock-f2").check();
  await shot("pin-lock");
  await by("pin-confirm").click();
  await by("pinned").getByText("It is locked.").waitFor();
  assert.deepEqual(broker.jumps.pinned[0]?.lockPasskeys, ["f2"]);
});

test("D9: a locked Jump Client starts with the browser's passkey, or by asking the person there", async () => {
  // WebAuthn wants a name for the relying party, and 127.0.0.1 is none.
  broker.url = broker.url.replace("127.0.0.1", "localhost");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = (await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } })) as { authenticatorId: string };
  await page.goto(`${broker.url}/account`);
  await by("add-factor").click();
  await page.getByLabel("Name").fill("Laptop");
  await by("enroll-passkey").click();
  await by("codes-kept").click();
  broker.jumps.credential = (JSON.parse(broker.people.created) as { id: string }).id;
  broker.jumps.put("Till 7", { deviceId: device().id, locked: true });
  await page.goto(`${broker.url}/jump`);
  await row("Till 7").getByTestId("jump-locked").waitFor();
  await shot("jump-locked");
  await row("Till 7").getByTestId("jump").click();
  await page.waitForURL("**/sessions/5e551000");
  const proof = JSON.parse(broker.jumps.proofs[0]!) as { id: string; response: { clientDataJSON: string; authenticatorData: string } };
  assert.equal(proof.id, broker.jumps.credential);
  assert.equal((JSON.parse(Buffer.from(proof.response.clientDataJSON, "base64url").toString()) as { challenge: string }).challenge, "Z3JhbnQ");
  assert.equal(Buffer.from(proof.response.authenticatorData, "base64url")[32]! & 5, 5, "present and verified");
  broker.putSession("5e551000", { phase: SessionPhase.ENDED });

  // Who is not verified starts nothing, unless a person is asked.
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await page.goto(`${broker.url}/jump`);
  await row("Till 7").getByTestId("jump").click();
  await by("start-unproved").getByText("was not used").waitFor();
  await shot("jump-unproved");
  assert.equal(broker.jumps.proofs.length, 1);
  await by("jump-person").click();
  await until("started", () => broker.jumps.proofs.length === 2);
  assert.equal(broker.jumps.proofs[1], "");
});
