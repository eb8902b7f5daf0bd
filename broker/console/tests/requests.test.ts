import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { RequestPhase, type SupportRequest, SupportRequestSchema } from "../src/gen/alongside/console/v1/request_pb.ts";
import { RuleSchema, ScopeSchema } from "../src/gen/alongside/console/v1/settings_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { device } from "./fake/data.ts";
import { broker, by, page, shot, test, until } from "./harness.ts";

function request(id: string, over: Partial<Omit<SupportRequest, "$typeName" | "$unknown">> = {}): SupportRequest {
  const at = timestampFromDate(new Date(Date.now() - 150_000));
  return create(SupportRequestSchema, { id, deviceId: "d1", deviceName: "ws-0147", user: "user.a", name: "Alex Ash", email: "alex@example.org", phone: "+49 30 1234", reason: "The printer asks for an administrator.", at, phase: RequestPhase.PENDING, mayDecide: true, ...over });
}

function put(r: SupportRequest): void {
  broker.office.requests.set(r.id, r);
  broker.push({ case: "request", value: r });
}

const item = (id: string) => page.locator(`[data-request="${id}"]`);

test("R6: a request appears with device, user, contact, reason and time, pushed and not asked for", async () => {
  await page.goto(`${broker.url}/requests`);
  await by("empty").getByText("Nobody waits").waitFor();
  await shot("requests-empty");
  const lists = () => broker.calls.filter((c) => c.endsWith("/ListRequests")).length;
  const before = lists();
  put(request("q1"));
  await item("q1").waitFor();
  assert.equal(lists(), before, "it was pushed");
  assert.equal(await by("request").count(), 1);
  const text = await item("q1").innerText();
  for (const part of ["Alex Ash", "ws-0147", "user.a", "alex@example.org", "+49 30 1234", "The printer asks for an administrator.", "2 min ago"]) assert.ok(text.includes(part), `${part} in ${text}`);
  assert.equal(await by("nav-requests").getAttribute("aria-label"), "Requests, 1 waiting");
  await shot("requests");
});

test("R8 R9: to approve puts the question and leads to the session", async () => {
  put(request("q1"));
  await page.goto(`${broker.url}/requests`);
  await item("q1").getByTestId("approve").click();
  await page.locator("[data-testid=session][data-phase=awaiting_consent]").waitFor();
  assert.equal(broker.sessions.get("5e551000")?.control, true);
});

test("R8: approved to watch, the session is view only", async () => {
  put(request("q1"));
  await page.goto(`${broker.url}/requests`);
  await item("q1").getByTestId("approve-view").click();
  await page.locator("[data-testid=session][data-phase=awaiting_consent]").waitFor();
  assert.equal(broker.sessions.get("5e551000")?.control, false);
});

test("R8: to deny asks for a reason, is final and told", async () => {
  put(request("q1"));
  await page.goto(`${broker.url}/requests`);
  await item("q1").getByTestId("deny").click();
  await shot("deny");
  await page.getByLabel("Reason").fill("Please call the hotline first.");
  await by("deny-confirm").click();
  await item("q1").getByTestId("request-outcome").getByText("Denied by Robin One: “Please call the hotline first.”").waitFor();
  assert.equal(await item("q1").getByTestId("approve").count(), 0);
});

test("R8: the second decision learns that it came too late, and what the first was", async () => {
  put(request("q1"));
  await page.goto(`${broker.url}/requests`);
  broker.office.taken.add("q1");
  await item("q1").getByTestId("approve").click();
  await by("already-decided").waitFor();
  await item("q1").getByTestId("request-outcome").getByText("Denied by Kim Two").waitFor();
  await shot("already-decided");
});

test("R12: a No at the prompt after the approval is shown as the end user's", async () => {
  put(request("q1", { phase: RequestPhase.DENIED, decidedBy: "end_user" }));
  await page.goto(`${broker.url}/requests`);
  await by("select-state").selectOption("denied");
  await by("request-outcome").getByText("The person at the device said no").waitFor();
});

test("E15: a request that is not mine to decide says why and has no buttons", async () => {
  put(request("q1", { mayDecide: false, mayNotWhy: "needs the permission request.decide" }));
  await page.goto(`${broker.url}/requests`);
  await by("may-not").getByText("needs the permission request.decide").waitFor();
  assert.equal(await by("approve").count(), 0);
});

test("E13 R7: a view narrows summary, requests and inventory; another view's request does not show", async () => {
  broker.office.scopes = [create(ScopeSchema, { id: "desks", name: "Desks" }), create(ScopeSchema, { id: "all", name: "All devices" })];
  put(request("q1"));
  put(request("q2", { deviceId: "d5", deviceName: "srv-term-1", name: "Sam Sea" }));
  await page.goto(`${broker.url}/requests`);
  await by("request").nth(1).waitFor();
  await by("select-view").selectOption({ label: "Desks" });
  await item("q2").waitFor({ state: "detached" });
  put(request("q3", { deviceId: "d4", deviceName: "kiosk-hall-2" }));
  put(request("q4", { deviceId: "d2", deviceName: "ws-0152" }));
  await item("q4").waitFor();
  assert.equal(await item("q3").count(), 0);
  await by("nav-inventory").click();
  await by("device-row").first().waitFor();
  assert.deepEqual(await by("device-row").evaluateAll((rows) => rows.map((r) => (r as HTMLElement).dataset["hostname"])), ["ws-0147", "ws-0152"]);
  await by("nav-summary").click();
  await by("figure-requests-waiting").waitFor();
  await until("the summary of the view", () => broker.calls.filter((c) => c.endsWith("/Summary")).length > 0);
  await shot("summary");
  await page.reload();
  assert.equal(await by("select-view").inputValue(), "desks", "the view stays for the tab");
});

test("the summary shows what waits and what runs", async () => {
  put(request("q1"));
  broker.putSession("5e551000", { deviceId: "d2", deviceName: "ws-0152", repId: "r2", repName: "Kim Two", phase: SessionPhase.ACTIVE, control: true });
  await page.goto(broker.url);
  await by("running-session").getByText("ws-0152").waitFor();
  await by("figure-devices-online").filter({ hasText: /4\s*of 5/ }).waitFor();
  await page.getByText("The printer asks for an administrator.").waitFor();
  await shot("summary-busy");
});

test("I1 E14: the inventory is filtered by presence, group and tag, and searched by tag", async () => {
  await page.goto(`${broker.url}/inventory`);
  await by("device-row").nth(4).waitFor();
  const names = () => by("device-row").evaluateAll((rows) => rows.map((r) => (r as HTMLElement).dataset["hostname"]));
  await by("tag-filter").getByText("finance").click();
  assert.deepEqual(await names(), ["ws-0147", "ws-0152"]);
  await by("tag-filter").getByText("pilot").click();
  assert.deepEqual(await names(), ["ws-0147"]);
  await page.reload();
  await by("device-row").nth(4).waitFor();
  await by("select-group").selectOption("Data centre");
  assert.deepEqual(await names(), ["srv-term-1"]);
  await by("select-group").selectOption("");
  await by("offline-only").click();
  assert.deepEqual(await names(), ["kiosk-hall-2"]);
  await by("offline-only").click();
  await by("search").fill("berlin pilot");
  assert.deepEqual(await names(), ["ws-0147"]);
});

test("E2: tags, group and entitlement are edited on the device's page", async () => {
  await page.goto(`${broker.url}/devices/d2`);
  await by("edit-device").click();
  await shot("edit-device");
  await page.locator("[name=tags]").fill("finance, vip");
  await page.locator("[name=entitled]").uncheck();
  await by("save-device").click();
  await by("not-entitled").waitFor();
  assert.deepEqual(broker.devices.get("d2")?.tags, ["finance", "vip"]);
  assert.equal(broker.devices.get("d2")?.group, "Berlin", "what was not touched stays");
});

test("E14: the panel offers what policy allows and says of the rest why not", async () => {
  const d = device("d9", "lab-9", { code: ErrorCode.POLICY_DENIED, reason: "Remote support is off in Lab" });
  d.actions.push(...[["control", true], ["files", false]].map(([id, enabled]) => ({ $typeName: "alongside.console.v1.Action" as const, id: id as string, enabled: enabled as boolean, code: enabled ? ErrorCode.UNSPECIFIED : ErrorCode.POLICY_DENIED, reason: enabled ? "" : "no files in Lab" })));
  broker.devices.set("d9", d);
  await page.goto(`${broker.url}/devices/d9`);
  await by("reason").getByText("Remote support is off in Lab").waitFor();
  assert.equal(await by("screenshare").count(), 0);
  assert.deepEqual(await by("device-action").evaluateAll((all) => all.map((a) => [(a as HTMLElement).dataset["action"], (a as HTMLElement).dataset["enabled"]])), [["control", "true"], ["files", "false"]]);
  await page.getByText("no files in Lab").waitFor();
  await shot("device-denied");
});

test("X13: the panel explains which rule decides", async () => {
  broker.office.explain = Object.assign(broker.office.explain, {
    allowed: false,
    code: ErrorCode.POLICY_DENIED,
    reason: "Remote support is off in Desks",
    rule: create(RuleSchema, { kind: "scope", scopeName: "Desks", setting: "remote_support" }),
    settings: [
      { $typeName: "alongside.console.v1.Resolved", key: "remote_support", value: "false", rule: create(RuleSchema, { kind: "scope", scopeName: "Desks", setting: "remote_support" }) },
      { $typeName: "alongside.console.v1.Resolved", key: "session_expiry_min", value: "0", rule: create(RuleSchema, { kind: "default" }) },
    ],
  });
  await page.goto(`${broker.url}/devices/d1`);
  await by("explain").getByText("Which rules decide this").click();
  assert.equal(await by("explain-rule").innerText(), "scope Desks");
  await page.getByText("Not allowed: Remote support is off in Desks").waitFor();
  await shot("explain");
});
