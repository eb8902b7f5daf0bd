import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate, timestampNow } from "@bufbuild/protobuf/wkt";
import { EnrollmentTokenSchema, ExportFormat } from "../src/gen/alongside/console/v1/console_pb.ts";
import { RecipientSchema } from "../src/gen/alongside/console/v1/recording_pb.ts";
import { ScopeSchema, SettingSchema } from "../src/gen/alongside/console/v1/settings_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { FactorSchema } from "../src/gen/alongside/console/v1/account_pb.ts";
import { broker, by, page, shot, test, until } from "./harness.ts";

function scopes(): void {
  broker.office.scopes = [
    create(ScopeSchema, { id: "s1", name: "Tills", devices: { names: ["till-*"], tags: ["retail"] }, settings: { view_only: "true" } }),
    create(ScopeSchema, { id: "s2", name: "Servers", devices: { groups: ["Data centre"] }, settings: { remote_support: "false" } }),
    create(ScopeSchema, { id: "s3", name: "All devices", settings: { remote_support: "true", session_expiry_min: "60" } }),
  ];
  broker.office.catalogue = [
    create(SettingSchema, { key: "remote_support", kind: "bool", default: "false", title: "Allow remote support" }),
    create(SettingSchema, { key: "view_only", kind: "bool", default: "false", title: "View only", help: "The screen is shared and takes no input." }),
    create(SettingSchema, { key: "recording", kind: "choice", choices: ["off", "on", "required"], default: "off", title: "Recording" }),
    create(SettingSchema, { key: "session_expiry_min", kind: "number", default: "0", unit: "min", min: 0, max: 1440, title: "Session expiry", help: "0: none." }),
    create(SettingSchema, { key: "desktop_icon_name", kind: "text", default: "Remote Support", title: "Name of the desktop icon" }),
    create(SettingSchema, { key: "hours", kind: "hours", default: "", title: "Hours" }),
  ];
}

const names = () => by("scope").evaluateAll((all) => all.map((s) => (s as HTMLElement).dataset["scope"]));
const scope = (name: string) => page.locator(`[data-scope="${name}"]`);

test("E7: scopes stand in their order, and are moved by the keyboard and by the pointer", async () => {
  scopes();
  await page.goto(`${broker.url}/settings`);
  await by("scope").nth(2).waitFor();
  assert.deepEqual(await names(), ["Tills", "Servers", "All devices"]);
  await shot("scopes");
  await scope("Servers").getByTestId("scope-up").focus();
  await page.keyboard.press("Enter");
  await until("moved up", () => broker.office.scopes[0]?.name === "Servers");
  await page.waitForFunction(() => (document.querySelector("[data-testid=scope]") as HTMLElement).dataset["scope"] === "Servers");
  await scope("Servers").dragTo(scope("All devices"));
  await until("dropped last", () => broker.office.scopes[2]?.name === "Servers");
  await page.waitForFunction(() => (document.querySelectorAll("[data-testid=scope]")[2] as HTMLElement).dataset["scope"] === "Servers");
  assert.equal(await scope("Servers").getByTestId("scope-down").isDisabled(), true);
});

test("E4 E7: a setting is switched, others stay inherited, and every kind has its own field", async () => {
  scopes();
  await page.goto(`${broker.url}/settings/scopes`);
  await scope("Servers").getByTestId("edit-scope").click();
  const field = (key: string) => page.locator(`[data-key="${key}"]`);
  assert.equal(await field("remote_support").getAttribute("data-defined"), "true");
  assert.equal(await field("recording").getAttribute("data-defined"), "false");
  await page.locator("[name=define-remote_support]").selectOption("On");
  await page.locator("[name=define-recording]").selectOption("required");
  await page.locator("[name=define-session_expiry_min]").selectOption("Defined");
  await page.locator("[name=value-session_expiry_min]").fill("100000");
  await field("session_expiry_min").getByText("From 0 to 1440.").waitFor();
  assert.equal(await by("save-scope").isDisabled(), true);
  await page.locator("[name=value-session_expiry_min]").fill("45");
  await page.locator("[name=define-hours]").selectOption("Defined");
  await page.locator("[name=value-hours]").fill("Mon-Fri 08:00-18:00 Europe/Berlin");
  await shot("scope-edit");
  await by("save-scope").click();
  await by("scope-dialog").waitFor({ state: "detached" });
  assert.deepEqual(broker.office.scopes[1]?.settings, { remote_support: "true", recording: "required", session_expiry_min: "45", hours: "Mon-Fri 08:00-18:00 Europe/Berlin" });
  assert.deepEqual(broker.office.scopes[1]?.devices?.groups, ["Data centre"]);
});

test("E4: who saves over a change of somebody else is told and loses nothing unseen", async () => {
  scopes();
  await page.goto(`${broker.url}/settings/scopes`);
  await scope("Tills").getByTestId("edit-scope").click();
  await page.locator("[name=scope-name]").fill("Tills and kiosks");
  broker.office.version++;
  await by("save-scope").click();
  await by("scope-conflict").waitFor();
  await shot("scope-conflict");
  assert.equal(broker.office.scopes[0]?.name, "Tills");
  await by("scope-conflict").getByRole("button").click();
  await by("scope-dialog").waitFor({ state: "detached" });
});

test("E7: a scope is added, and deleted only after a question", async () => {
  scopes();
  await page.goto(`${broker.url}/settings/scopes`);
  await by("add-scope").click();
  await page.locator("[name=scope-name]").fill("Pilot");
  await page.locator("[name=devices-tags]").fill("pilot, beta");
  await by("save-scope").click();
  await scope("Pilot").waitFor();
  assert.deepEqual(broker.office.scopes.at(-1)?.devices?.tags, ["pilot", "beta"]);
  await scope("Pilot").getByTestId("delete-scope").click();
  await shot("delete-scope");
  await by("delete-scope-confirm").click();
  await scope("Pilot").waitFor({ state: "detached" });
});

test("E15: settings that are not mine are not offered, nor at their address", async () => {
  broker.admin = false;
  broker.permissions = ["session.start", "mail.edit"];
  await page.goto(`${broker.url}/settings/scopes`);
  await by("empty").waitFor();
  assert.deepEqual(await page.locator(".tabs a").allInnerTexts(), ["Mail"]);
  assert.equal(await by("nav-audit").count(), 0);
  assert.equal(await by("nav-recordings").count(), 0);
});

test("users: a wrong field is named where it is, roles are given, disabling asks", async () => {
  await page.goto(`${broker.url}/settings/users`);
  await by("add-user").click();
  await page.locator("[name=user-name]").fill("rep.three");
  await page.locator("[name=user-display-name]").fill("Lee Three");
  await page.locator("[name=user-password]").fill("short");
  await page.locator("[name=role-representative]").check();
  await by("save-user").click();
  await page.locator("#user-password-hint").getByText("At least 10 characters.").waitFor();
  await page.waitForFunction(() => document.querySelector("[name=user-password]")?.getAttribute("aria-invalid") === "true");
  await page.locator("[name=user-password]").fill("long enough now");
  await shot("user-edit");
  await by("save-user").click();
  const row = page.locator("[data-name='rep.three']");
  await row.getByText("Representative").waitFor();
  await row.getByRole("button", { name: /More for/ }).click();
  await shot("users");
  await by("disable").click();
  await by("disable-user-confirm").click();
  await row.getByText("disabled").waitFor();
});

test("O: a second factor is demanded of everybody, or of nobody, after a question", async () => {
  await page.goto(`${broker.url}/settings/users`);
  const rules = (must: boolean) => page.locator(`[data-testid=sign-in-rules][data-mandatory=${must}]`);
  await rules(false).waitFor();
  await by("switch-mfa").click();
  await by("switch-mfa-dialog").getByText("perhaps you too").waitFor();
  await shot("sign-in-rules");
  await page.keyboard.press("Escape");
  await by("switch-mfa-dialog").waitFor({ state: "detached" });
  assert.equal(broker.people.mfaMandatory, false, "nothing before the answer");
  await by("switch-mfa").click();
  await by("switch-mfa-confirm").click();
  await rules(true).waitFor();
  assert.equal(broker.people.mfaMandatory, true);
  await by("switch-mfa").click();
  await by("switch-mfa-confirm").click();
  await rules(false).waitFor();
});

test("O: who may edit users reads the sign-in rules, and only an administrator switches them", async () => {
  broker.admin = false;
  broker.permissions = ["account.edit"];
  broker.people.mfaMandatory = true;
  await page.goto(`${broker.url}/settings/users`);
  await by("sign-in-rules").getByText("Only an administrator may change this.").waitFor();
  assert.equal(await by("sign-in-rules").getAttribute("data-mandatory"), "true");
  assert.equal(await by("switch-mfa").count(), 0);
});

test("roles: built-in ones stay, own ones are made and deleted after a question", async () => {
  await page.goto(`${broker.url}/settings/roles`);
  const built = page.locator("[data-name=Administrator]");
  await built.getByText("built in").waitFor();
  assert.equal(await built.getByTestId("edit-role").count(), 0);
  await by("add-role").click();
  await page.locator("[name=role-name]").fill("Night shift");
  await page.locator("[name='permission-session.start']").check();
  await by("save-role").click();
  const own = page.locator("[data-name='Night shift']");
  await own.waitFor();
  await shot("roles");
  await own.getByTestId("delete-role").click();
  await by("delete-role-confirm").click();
  await own.waitFor({ state: "detached" });
});

test("tokens: each says what is left of it; one is revoked after a question", async () => {
  const later = timestampFromDate(new Date(Date.now() + 86_400_000));
  broker.tokens = [
    create(EnrollmentTokenSchema, { id: "t1", uses: 5, used: 2, note: "Branch office", createdBy: "Robin One", expiresAt: later, group: "Berlin", pending: true }),
    create(EnrollmentTokenSchema, { id: "t2", uses: 1, used: 1, note: "Old", expiresAt: timestampNow() }),
  ];
  await page.goto(`${broker.url}/settings/tokens`);
  await by("token").nth(1).waitFor();
  await shot("tokens");
  assert.deepEqual(await by("token").evaluateAll((all) => all.map((t) => (t as HTMLElement).dataset["state"])), ["good", "used up"]);
  await by("revoke-token").click();
  await by("revoke-token-confirm").click();
  await page.locator("[data-testid=token][data-state=revoked]").waitFor();
});

test("mail: the password is written and never read; a test message is sent", async () => {
  await page.goto(`${broker.url}/settings/mail`);
  await page.locator("[name=mail-password]").waitFor();
  assert.equal(await page.locator("[name=mail-password]").inputValue(), "");
  await page.locator("[name=mail-password]").fill("secret of mail");
  await page.locator("[name=mail-notify]").fill("desk@example.org\nlead@example.org");
  await by("save-mail").click();
  await by("mail-saved").waitFor();
  assert.deepEqual([broker.office.mailPassword, broker.office.mail.notify], ["secret of mail", ["desk@example.org", "lead@example.org"]]);
  await page.locator("[name=mail-to]").fill("me@example.org");
  await by("test-mail").click();
  await by("mail-sent").waitFor();
  await shot("mail");
  assert.equal(broker.office.mailedTo, "me@example.org");
});

test("keys of recordings are added, and retired after a question", async () => {
  broker.office.recipients = [create(RecipientSchema, { id: "own", name: "Broker", key: "age1qqqqqqqq", own: true, addedAt: timestampNow() })];
  await page.goto(`${broker.url}/settings/recordings`);
  await by("add-recipient").click();
  await page.locator("[name=recipient-name]").fill("Safe");
  await page.locator("[name=recipient-key]").fill("age1zzzzzzzz");
  await by("save-recipient").click();
  await by("recipient").nth(1).waitFor();
  await shot("recipients");
  await by("retire-recipient").nth(1).click();
  await by("retire-recipient-confirm").click();
  await page.getByText("retired").waitFor();
});

test("every list of the settings can fail, says the code and tries again", async () => {
  for (const [part, service] of [["scopes", "SettingsService/ListScopes"], ["users", "AccountService/ListAccounts"], ["roles", "AccountService/ListRoles"], ["tokens", "InventoryService/ListEnrollmentTokens"], ["mail", "MailService/GetMail"], ["recordings", "RecordingService/ListRecipients"]] as const) {
    const pattern = `**/*${service}`;
    await page.route(pattern, (r) => r.abort());
    await page.goto(`${broker.url}/settings/${part}`);
    await by("failed").getByText("unreachable").waitFor();
    await page.unroute(pattern);
    await by("failed").getByRole("button", { name: "Try again" }).click();
    await by("failed").waitFor({ state: "detached" });
  }
});

test("the audit log is narrowed by filters and exported as it is narrowed, after a proof", async () => {
  broker.people.factors = [create(FactorSchema, { id: "f1", kind: "totp", name: "Phone" })];
  broker.people.wants = ErrorCode.MFA_STALE;
  await page.goto(`${broker.url}/audit`);
  await by("audit-row").nth(4).waitFor();
  await by("select-audit-result").selectOption("refused");
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=audit-row]").length === 2);
  await by("select-audit-action").selectOption("session.");
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=audit-row]").length === 1);
  await shot("audit-filtered");
  await by("menu-export").click();
  const download = page.waitForEvent("download");
  await by("export-csv").click();
  await page.getByLabel("Code from your app").fill("123456");
  await by("prove-submit").click();
  assert.match((await download).suggestedFilename(), /^audit-.*\.csv$/);
  assert.deepEqual([broker.lastExport?.format, broker.lastExport?.filter?.action, broker.lastExport?.filter?.result], [ExportFormat.CSV, "session.", "refused"]);
  await by("clear-filters").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=audit-row]").length === 5);
});

test("X14: every page has a heading, names for all controls, and fits a narrow window", async () => {
  scopes();
  broker.permissions = ["key.create"];
  for (const path of ["/", "/requests", "/inventory", "/devices/d1", "/audit", "/recordings", "/explain", "/settings/scopes", "/settings/users", "/settings/roles", "/settings/tokens", "/settings/mail", "/settings/recordings", "/account"]) {
    await page.setViewportSize({ width: 400, height: 760 });
    await page.goto(broker.url + path);
    await page.locator("h1").first().waitFor();
    await page.locator("[data-testid=loading]").first().waitFor({ state: "detached" });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
    const nameless = await page.locator("button, a[href], input, select, textarea").evaluateAll((all) =>
      all.filter((e) => !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby") && !(e as HTMLElement).innerText?.trim() && !(e as HTMLInputElement).labels?.length).map((e) => e.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(nameless, [], path);
    await page.setViewportSize({ width: 1360, height: 800 });
  }
});
