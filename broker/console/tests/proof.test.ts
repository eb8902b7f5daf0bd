import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { FactorSchema } from "../src/gen/alongside/console/v1/account_pb.ts";
import { MfaNeed } from "../src/gen/alongside/console/v1/console_pb.ts";
import { RequestPhase, SupportRequestSchema } from "../src/gen/alongside/console/v1/request_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { broker, by, page, shot, test } from "./harness.ts";

const totp = () => create(FactorSchema, { id: "f1", kind: "totp", name: "Phone" });

async function signIn(): Promise<void> {
  await page.getByLabel("Name").fill("rep.one");
  await page.getByLabel("Password").fill("correct horse");
  await by("sign-in-submit").click();
}

test("O: the password alone leads to the second factor and not further", async () => {
  broker.signedIn = false;
  await page.goto(broker.url);
  await by("sign-in-form").waitFor(); // else the page may come with half a sign-in already
  broker.mfa = MfaNeed.PROVE;
  broker.people.factors = [totp()];
  await signIn();
  await by("prove").waitFor();
  assert.equal(await by("sign-out").count(), 0);
  await shot("second-factor");
  await page.getByLabel("Code from your app").fill("000000");
  await by("prove-submit").click();
  await by("prove-error").waitFor();
  await page.getByLabel("Code from your app").fill("123 456");
  await by("prove-submit").click();
  await page.getByRole("heading", { name: "Summary" }).waitFor();
});

test("O: half a sign-in survives a reload, takes a recovery code, and can be left", async () => {
  broker.signedIn = false;
  broker.mfa = MfaNeed.PROVE;
  broker.people.factors = [totp()];
  await page.goto(broker.url);
  await by("start-over").click();
  await by("sign-in-form").waitFor();
  broker.mfa = MfaNeed.PROVE;
  await page.reload();
  await by("prove-other-way").click();
  await page.getByLabel("Recovery code").fill("a1b2-c3d4");
  await by("prove-submit").click();
  await page.getByRole("heading", { name: "Summary" }).waitFor();
  assert.deepEqual(broker.people.proofs, ["recovery"]);
});

test("D19: where policy demands a factor it is set up first, and the recovery codes are shown once", async () => {
  broker.signedIn = false;
  broker.mfa = MfaNeed.ENROLL;
  await page.goto(broker.url);
  await by("enroll-factor").waitFor();
  await shot("enroll");
  await by("enroll-totp").click();
  await page.waitForFunction(() => (document.querySelector("[data-testid=qr]") as HTMLImageElement | null)?.naturalWidth);
  assert.equal(await by("totp-secret").innerText(), "JBSW Y3DP EHPK 3PXP");
  await shot("enroll-totp");
  await page.getByLabel("Code").fill("123456");
  await by("enroll-totp-finish").click();
  await by("recovery-codes").getByText("e5f6-g7h8").waitFor();
  await shot("recovery-codes");
  await by("codes-kept").click();
  await page.getByRole("heading", { name: "Summary" }).waitFor();
  await page.goto(`${broker.url}/account`);
  await by("factor").waitFor();
  assert.equal(await page.getByText("e5f6-g7h8").count(), 0);
});

test("A6 A7: a stale proof is asked for before a session starts, and the start is made again", async () => {
  broker.people.factors = [totp()];
  broker.people.wants = ErrorCode.MFA_STALE;
  await page.goto(`${broker.url}/inventory`);
  await page.locator("[data-hostname=ws-0147]").getByTestId("support").click();
  await by("step-up-dialog").waitFor();
  assert.equal(broker.sessions.size, 0, "nothing was asked at the device");
  await shot("step-up");
  await page.getByLabel("Code from your app").fill("123456");
  await by("prove-submit").click();
  await page.locator("[data-testid=session][data-phase=awaiting_consent]").waitFor();
});

test("A7: the same before an approval", async () => {
  broker.people.factors = [totp()];
  broker.people.wants = ErrorCode.MFA_REQUIRED;
  broker.office.requests.set("q1", create(SupportRequestSchema, { id: "q1", deviceId: "d1", deviceName: "ws-0147", name: "Alex Ash", reason: "Help", phase: RequestPhase.PENDING, mayDecide: true }));
  await page.goto(`${broker.url}/requests`);
  await by("approve").click();
  await page.getByLabel("Code from your app").fill("123456");
  await by("prove-submit").click();
  await page.locator("[data-testid=session][data-phase=awaiting_consent]").waitFor();
});

test("A6: who cancels the question starts nothing and is told why", async () => {
  broker.people.factors = [totp()];
  broker.people.wants = ErrorCode.MFA_STALE;
  await page.goto(`${broker.url}/inventory`);
  await page.locator("[data-hostname=ws-0147]").getByTestId("support").click();
  await by("step-up-cancel").click();
  await by("start-error").waitFor();
  assert.equal(broker.sessions.size, 0);
});

test("A6: without any factor the question leads to setting one up", async () => {
  broker.people.wants = ErrorCode.MFA_REQUIRED;
  await page.goto(`${broker.url}/inventory`);
  await page.locator("[data-hostname=ws-0147]").getByTestId("support").click();
  await by("no-factor").waitFor();
  await by("to-account").click();
  await by("factors").waitFor();
});

test("A6: a passkey is made and used with the browser's own credentials", async () => {
  // WebAuthn wants a name for the relying party, and 127.0.0.1 is none.
  broker.url = broker.url.replace("127.0.0.1", "localhost");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  await page.goto(`${broker.url}/account`);
  await by("add-factor").click();
  await page.getByLabel("Name").fill("Laptop");
  await by("enroll-passkey").click();
  await by("recovery-codes").waitFor();
  await by("codes-kept").click();
  await by("factor").getByText("Laptop").waitFor();
  const created = JSON.parse(broker.people.created) as { id: string; response: { clientDataJSON: string; attestationObject: string } };
  const data = JSON.parse(Buffer.from(created.response.clientDataJSON, "base64url").toString()) as { challenge: string; type: string };
  assert.deepEqual([data.type, data.challenge], ["webauthn.create", "Y2hhbGxlbmdl"]);
  assert.ok(created.response.attestationObject.length > 100);

  broker.people.challenge = JSON.stringify({ publicKey: { challenge: "c2Vjb25k", rpId: "localhost", allowCredentials: [{ type: "public-key", id: created.id }] } });
  broker.people.wants = ErrorCode.MFA_STALE;
  await by("nav-inventory").click();
  await page.locator("[data-hostname=ws-0147]").getByTestId("support").click();
  await by("prove-passkey").click();
  await page.locator("[data-testid=session][data-phase=awaiting_consent]").waitFor();
  const proof = JSON.parse(broker.people.proofs[0]!.slice("passkey ".length)) as { id: string; response: { clientDataJSON: string; signature: string } };
  assert.equal(proof.id, created.id);
  assert.equal((JSON.parse(Buffer.from(proof.response.clientDataJSON, "base64url").toString()) as { challenge: string }).challenge, "c2Vjb25k");
});

test("the way in through the identity provider is offered when there is one", async () => {
  broker.signedIn = false;
  broker.oidcName = "Example ID";
  await page.goto(broker.url);
  await by("oidc").getByText("Sign in with Example ID").waitFor();
});

test("a sign-in through the identity provider that failed says why, until the next try", async () => {
  broker.signedIn = false;
  broker.oidcName = "Example ID";
  for (const [code, words] of [["sign_in_failed", /your account may not use this console/], ["rate_limited", /Too many tries/], ["busy", /The server is busy/], ["<b>x", /Begin again/], ["constructor", /Begin again/]] as const) {
    await page.goto(`${broker.url}/sign-in?failed=${encodeURIComponent(code)}`);
    assert.match(await by("external-failed").innerText(), words, code);
  }
  await shot("external-failed");
  await page.getByLabel("Name").fill("rep.one");
  await page.getByLabel("Password").fill("wrong");
  await by("sign-in-submit").click();
  await by("sign-in-error").getByText("Name or password is wrong.").waitFor();
  assert.equal(await by("external-failed").count(), 0);
  await page.reload();
  await by("sign-in-form").waitFor();
  assert.equal(await by("external-failed").count(), 0);
});

test("the identity provider's addresses are the broker's: they are asked for, and kept nowhere", async () => {
  await page.goto(`${broker.url}/sign-in?next=${encodeURIComponent("/oidc/start?x=1")}`);
  await page.waitForURL(`${broker.url}/oidc/start?x=1`);
  assert.ok(broker.calls.includes("/oidc/start"), "the broker is asked");
  broker.signedIn = false;
  await page.goto(`${broker.url}/oidc/callback?code=secret`);
  await by("sign-in-form").waitFor();
  assert.equal(page.url(), `${broker.url}/sign-in`, "no code in the address");
});

test("own sign-ins end after a question; a key is shown once and revoked after one", async () => {
  broker.permissions = ["key.create", "audit.read"];
  await page.goto(`${broker.url}/account`);
  await by("end-sign-in").click();
  await by("end-sign-in-confirm").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=sign-in-item]").length === 1);
  await by("add-key").click();
  await page.locator("[name=key-name]").fill("Export job");
  assert.equal(await page.locator("[name^=may-]").count(), 2, "no more than one's own permissions");
  await page.locator("[name='may-audit.read']").check();
  await by("create-key").click();
  assert.match(await by("key-secret").innerText(), /^alk_/);
  await shot("key");
  await by("key-done").click();
  assert.equal(await page.getByText("alk_0123").count(), 0);
  await shot("account");
  await by("revoke-key").click();
  await by("revoke-key-confirm").click();
  await page.getByText("revoked").waitFor();
});
