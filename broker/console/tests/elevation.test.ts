import assert from "node:assert/strict";
import { create, fromBinary } from "@bufbuild/protobuf";
import { elevationBetween, triesLeft } from "../src/core/elevation.ts";
import { unhex } from "../src/core/hex.ts";
import { ActionSchema, type Session, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { ElevationSchema } from "../src/gen/alongside/console/v1/elevation_pb.ts";
import { ElevationCredentialsSchema, ElevationMethod, ElevationOfferSchema, ElevationState } from "../src/gen/alongside/wire/v1/elevation_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { hpke, newNonce, sealCredentials, sealingInfo } from "../src/net/seal.ts";
import * as ops from "./fake/ops.ts";
import { vectors } from "./files.ts";
import { broker, by, live, page, shot, shown, test, until } from "./harness.ts";

const id = "5e551000";
const both = [ElevationMethod.PROMPT_CUSTOMER, ElevationMethod.SPECIFIC_USER];

async function opened(key: CryptoKeyPair | CryptoKey, session: string, nonce: Uint8Array, sealed: Uint8Array) {
  const suite = hpke();
  const recipient = await suite.createRecipientContext({ recipientKey: key, enc: new Uint8Array(sealed.slice(0, 32)).buffer, info: sealingInfo(session, nonce) });
  return fromBinary(ElevationCredentialsSchema, new Uint8Array(await recipient.open(new Uint8Array(sealed.slice(32)).buffer)));
}

test("D14: credentials are sealed as the endpoint reads them", async () => {
  for (const v of vectors("sealed.json")) {
    const f = v.fields as { key: string; session: string; nonce: string; user: string; password: string };
    const key = await hpke().kem.deserializePrivateKey(unhex(f.key).buffer);
    const c = await opened(key, f.session, unhex(f.nonce), unhex(v.hex));
    assert.deepEqual([c.user, c.password], [f.user, f.password]);
  }
  const keys = await hpke().kem.generateKeyPair();
  const session = "00112233445566778899aabbccddeeff";
  const nonce = newNonce();
  const sealed = await sealCredentials(new Uint8Array(await hpke().kem.serializePublicKey(keys.publicKey)), session, nonce, { user: "bob", password: "päss" });
  const c = await opened(keys, session, nonce, sealed);
  assert.deepEqual([c.user, c.password], ["bob", "päss"]);
  await assert.rejects(opened(keys, session, newNonce(), sealed));
});

test("V4: each state of a try is said once, in words", async () => {
  const at = (state: ElevationState, more = {}): Session => create(SessionSchema, { id: "s", elevation: create(ElevationSchema, { count: 1, state, method: ElevationMethod.PROMPT_CUSTOMER, ...more }) });
  const none = create(SessionSchema, { id: "s" });
  const asking = at(ElevationState.ASKING);
  assert.match(elevationBetween(none, at(ElevationState.CONSENT))[0] ?? "", /customer is being asked whether/);
  assert.match(elevationBetween(asking, at(ElevationState.MOVING))[0] ?? "", /starting again with more rights/);
  assert.match(elevationBetween(none, asking)[0] ?? "", /asks the customer/);
  assert.deepEqual(elevationBetween(asking, asking), []);
  assert.match(elevationBetween(asking, at(ElevationState.DONE))[0] ?? "", /rights now/);
  assert.match(elevationBetween(asking, at(ElevationState.REFUSED, { code: ErrorCode.ELEVATION_CANCELLED }))[0] ?? "", /customer closed/);
  assert.equal(triesLeft(create(ElevationSchema, { triesLeft: 1 })), "One try is left in this session.");
  assert.equal(triesLeft(undefined), "");
});

test("V3 V4 V5 V6: elevate asks for a way, seals what is typed, and says how it went", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  const keys = await hpke().kem.generateKeyPair();
  const key = new Uint8Array(await hpke().kem.serializePublicKey(keys.publicKey));
  broker.putSession(id, { actions: [create(ActionSchema, { id: "elevate", enabled: true })], elevationOffer: create(ElevationOfferSchema, { methods: both, key }) });
  await by("menu-special").click();
  await by("elevate").click();
  await page.getByRole("button", { name: "Cancel" }).click(); // V4: changes nothing
  assert.equal(broker.company.elevations.length, 0);
  await by("menu-special").click();
  await by("elevate").click();
  await by("elevate-go").click();
  await by("elevate-waits").waitFor();
  await until("the broker to be asked", () => broker.company.elevations.length === 1);
  assert.equal(broker.company.elevations[0]?.method, ElevationMethod.PROMPT_CUSTOMER);
  assert.equal(broker.company.elevations[0]?.sealed.length, 0);
  const news = (state: ElevationState, code: ErrorCode, count: number) => broker.putSession(id, { elevation: create(ElevationSchema, { state, code, count, triesLeft: 3 - count, method: ElevationMethod.PROMPT_CUSTOMER }) });
  news(ElevationState.REFUSED, ErrorCode.ELEVATION_CANCELLED, 1);
  await by("elevate-refused").getByText("The customer closed the question for a password. 2 tries are left in this session.").waitFor();
  await by("elevate-specific").click();
  await page.locator("input[name=elevate-user]").fill("bob");
  await page.locator("input[name=elevate-password]").fill("canary-4711");
  await shot("elevate");
  await by("elevate-go").click();
  await by("elevate-waits").waitFor();
  await until("the broker to be asked again", () => broker.company.elevations.length === 2);
  const sent = broker.company.elevations[1];
  assert.ok(sent);
  assert.ok(!Buffer.from(sent.sealed).includes("canary") && !Buffer.from(sent.sealed).includes("bob"));
  const c = await opened(keys, id, sent.nonce, sent.sealed);
  assert.deepEqual([c.user, c.password], ["bob", "canary-4711"]);
  assert.ok(!(await page.content()).includes("canary"));
  news(ElevationState.DONE, ErrorCode.UNSPECIFIED, 2);
  await by("elevate-dialog").waitFor({ state: "detached" });
  await by("announcements").getByText("The client has administrative rights now.").waitFor();
});

const screen = ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160));
const offering = (recorded: boolean) => broker.putSession(id, { recorded, actions: [create(ActionSchema, { id: "elevate", enabled: true })], elevationOffer: create(ElevationOfferSchema, { methods: both, key: new Uint8Array(32) }) });
const tried = (state: ElevationState, code: ErrorCode = ErrorCode.UNSPECIFIED, method: ElevationMethod = ElevationMethod.SPECIFIC_USER) => broker.putSession(id, { elevation: create(ElevationSchema, { state, code, count: 1, triesLeft: 3, method }) });

test("D7: while the customer is asked the rep reads so, and a No costs no try", async () => {
  await live(screen);
  await shown(1);
  offering(false);
  await by("menu-special").click();
  await by("elevate").click();
  await by("elevate-go").click();
  await by("elevate-waits").waitFor();
  tried(ElevationState.CONSENT);
  await by("elevate-waits").getByText("The customer is being asked whether you may have administrative rights.").waitFor();
  tried(ElevationState.REFUSED, ErrorCode.DENIED_BY_USER);
  await by("elevate-refused").getByText("The person at the device said no. 3 tries are left in this session.").waitFor();
  assert.deepEqual(broker.company.masks, [], "nothing is recorded, so nothing is masked");
});

test("D14 D24: where the session is recorded nothing is typed before the recording is masked, until the result or the form is closed", async () => {
  await live(screen);
  await shown(1);
  broker.company.maskFail = ErrorCode.TOO_MANY_TRIES;
  offering(true);
  await by("menu-special").click();
  await by("elevate").click();
  await by("elevate-unmasked").getByText("There were too many tries in this session.").waitFor();
  assert.ok(await by("elevate-go").isDisabled());
  await by("elevate-specific").click();
  assert.ok(await page.locator("input[name=elevate-password]").isDisabled());
  broker.company.maskFail = undefined;
  await by("elevate-mask").click();
  await by("elevate-masked").waitFor();
  await page.locator("input[name=elevate-password]:enabled").waitFor();
  assert.deepEqual(broker.company.masks, ["on"]);
  await by("elevate-customer").click();
  await by("elevate-go").click();
  await by("elevate-waits").waitFor();
  broker.company.unmask(); // as the broker does with the result
  tried(ElevationState.REFUSED, ErrorCode.ELEVATION_CANCELLED, ElevationMethod.PROMPT_CUSTOMER);
  await by("elevate-refused").waitFor();
  await by("elevate-masked").waitFor();
  assert.deepEqual(broker.company.masks, ["on", "off", "on"], "the form is there again");
  await page.getByRole("button", { name: "Cancel" }).click();
  await until("the mask to be off", () => broker.company.masks.length === 4);
  assert.deepEqual(broker.company.masks, ["on", "off", "on", "off"]);
});

test("V3: a client that is taken over says so, and its screen is back after one connection and no click", async () => {
  await live(screen);
  await shown(1);
  offering(false);
  tried(ElevationState.MOVING);
  await page.locator("[data-reason=elevating]").getByText("The client is starting again with more rights.").waitFor();
  broker.putSession(id, { agentConnected: false });
  const before = broker.agent.attached;
  broker.agent.socket?.cut();
  await until("the viewer to attach again", () => broker.agent.attached === before + 1);
  tried(ElevationState.DONE);
  broker.putSession(id, { agentConnected: true, elevated: true });
  await page.locator("[data-phase=active][data-link=open]").waitFor();
  await by("reason").waitFor({ state: "detached" });
  assert.equal(broker.agent.attached, before + 1);
});

test("V3: a take-over that comes to nothing leaves the words", async () => {
  await live(screen);
  await shown(1);
  offering(false);
  tried(ElevationState.MOVING);
  await page.locator("[data-reason=elevating]").waitFor();
  tried(ElevationState.REFUSED, ErrorCode.ELEVATION_UNAVAILABLE);
  await by("reason").waitFor({ state: "detached" });
});
