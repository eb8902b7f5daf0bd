import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { restrictedNow, restrictionBetween } from "../src/core/restriction.ts";
import { ActionSchema, type Session, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { RestrictionSchema } from "../src/gen/alongside/console/v1/machine_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, page, shot, shown, test } from "./harness.ts";

const id = "5e551000";
const at = (more: { input?: boolean; screen?: boolean; code?: ErrorCode; byCustomer?: boolean; count?: number }) => ({ restriction: create(RestrictionSchema, { by: "Robin One", count: 1, ...more }) });
const action = (name: string, more: { enabled?: boolean; code?: ErrorCode } = {}) => create(ActionSchema, { id: name, enabled: true, ...more });

test("X15: each change is said once, in words", async () => {
  const none = create(SessionSchema, { id: "s" });
  const s = (more: Parameters<typeof at>[0]): Session => create(SessionSchema, { id: "s", ...at(more) });
  assert.equal(restrictedNow(none), "");
  assert.match(restrictedNow(s({ input: true, screen: true })), /restricted and .* dark/);
  assert.deepEqual(restrictionBetween(none, none), []);
  assert.match(restrictionBetween(none, s({ input: true }))[0] ?? "", /input is restricted/);
  assert.deepEqual(restrictionBetween(s({ input: true }), s({ input: true })), []);
  assert.match(restrictionBetween(s({ input: true }), s({ code: ErrorCode.TAKEN_BACK, byCustomer: true, count: 2 }))[0] ?? "", /took control back/);
  assert.match(restrictionBetween(s({ input: true }), s({ code: ErrorCode.QUESTION_OPEN, count: 2 }))[0] ?? "", /has their input and screen back: .*being asked/);
  assert.match(restrictionBetween(none, s({ code: ErrorCode.UNSUPPORTED_HERE }))[0] ?? "", /^Not restricted/);
  assert.match(restrictionBetween(s({ screen: true }), s({ count: 2 }))[0] ?? "", /has their/);
});

test("X15 A12: input is restricted and given back; the bar says so, and that the customer took it back", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  assert.equal(await by("restricted").count(), 0);
  broker.putSession(id, { actions: [action("restrict_input"), action("privacy_screen", { enabled: false, code: ErrorCode.UNSUPPORTED_HERE })] });
  await by("menu-special").click();
  await by("privacy-screen").getByText("cannot do that").waitFor();
  assert.equal(await by("privacy-screen").getAttribute("aria-disabled"), "true");
  await shot("restrict");
  await by("restrict-input").click();
  await by("restricted").getByText("input is restricted").waitFor();
  await by("announcements").getByText("The customer's input is restricted.").waitFor();
  await by("menu-special").click();
  await by("restrict-input").and(page.locator("[aria-checked=true]")).click();
  await by("restricted").waitFor({ state: "detached" });
  await by("menu-special").click();
  await by("restrict-input").click();
  await by("restricted").waitFor();
  broker.putSession(id, { ...at({ code: ErrorCode.TAKEN_BACK, byCustomer: true, count: 9 }), actions: [action("restrict_input", { enabled: false, code: ErrorCode.TAKEN_BACK })] });
  await by("restricted").waitFor({ state: "detached" });
  await by("announcements").getByText("took control back").waitFor();
  await by("menu-special").click();
  await by("restrict-input").getByText("for the rest of this session").waitFor();
});

test("E15 X15: who may not, and where the settings do not have it, there is no such action; a refusal is told", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  broker.putSession(id, { actions: [action("restrict_input"), action("privacy_screen", { enabled: false, code: ErrorCode.POLICY_DENIED })] });
  broker.company.restrictFail = ErrorCode.NOT_CONTROLLING;
  await by("menu-special").click();
  await by("restrict-input").waitFor();
  assert.equal(await by("privacy-screen").count(), 0);
  await by("restrict-input").click();
  await by("restrict-error").getByText("Only who controls the screen").waitFor();
  broker.company.restrictFail = undefined;
  broker.putSession(id, { actions: [action("restrict_input", { enabled: false, code: ErrorCode.FORBIDDEN }), action("privacy_screen", { enabled: false, code: ErrorCode.FORBIDDEN })] });
  await by("menu-special").waitFor({ state: "detached" });
});
