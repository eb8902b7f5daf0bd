import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { changesBetween, handOf, stageFor } from "../src/core/participants.ts";
import { type Session, SessionPhase, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { EndedBy } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { guest, me, person, together } from "./fake/company.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, page, shot, shown, test } from "./harness.ts";

const picture = () => ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160));
const id = "5e551000";

/** A running session that looks like this, with its people open. */
async function running(change: Partial<Session>): Promise<void> {
  await live(picture());
  await shown(1);
  broker.putSession(id, change);
  await by("toggle-people").click();
  await by("participant").nth(1).waitFor();
}

const row = (rep: string) => page.locator(`[data-testid=participant][data-rep=${rep}]`);

test("Q12: the panel says who is in, who owns it, who is external, who controls and since when", async () => {
  await running(together({ participants: [person(me.id, me.name, { owner: true }), person("r2", "Kim Two", { control: true }), person("x1", "Val Vendor", { external: true })] }));
  assert.match(await row(me.id).innerText(), /Robin One[^]*since just now[^]*you[^]*owner/);
  assert.match(await row("r2").innerText(), /Kim Two[^]*controls/);
  assert.match(await row("x1").innerText(), /Val Vendor[^]*external/);
  assert.equal(await page.getByTestId("is-control").count(), 1);
  await shot("people");
});

test("Q12: the owner gives control away, sees who has it, and takes it back", async () => {
  await running(together());
  assert.equal(await by("mode").innerText(), "control");
  await row("r2").getByTestId("give-control").click();
  await by("mode").getByText("Kim Two controls").waitFor();
  assert.equal(await by("mode").textContent(), "You look only: Kim Two controls");
  assert.equal(await by("menu-keys").isDisabled(), true, "no keys are sent by who does not control");
  await by("announcements").getByText("Kim Two controls now.").waitFor();
  await shot("look-only");
  await by("bar-take-control").click();
  await by("mode").getByText("control", { exact: true }).waitFor();
  assert.equal(broker.sessions.get(id)?.participants.find((p) => p.control)?.repId, me.id);
});

test("Q12: who holds control without owning returns it, and cannot take it by themselves", async () => {
  await running(guest({ participants: [person("r2", "Kim Two", { owner: true }), person(me.id, me.name, { control: true })] }));
  await row(me.id).getByTestId("return-control").click();
  await by("mode").getByText("Kim Two controls").waitFor();
  assert.equal(await by("bar-take-control").count() + (await by("take-control").count()) + (await by("give-control").count()), 0);
});

test("Q12: what the person agreed to is the upper bound: where nobody may control, nobody is offered it", async () => {
  await running(together({ control: false }));
  assert.equal(await by("mode").innerText(), "view only");
  assert.equal(await by("give-control").count(), 0);
  await page.getByText("agreed to looking only").waitFor();
});

test("O33: the owner removes a rep after a question, and control comes back", async () => {
  await running(together({ participants: [person(me.id, me.name, { owner: true }), person("r2", "Kim Two", { control: true })] }));
  await row("r2").getByTestId("remove").click();
  await by("remove-dialog").waitFor();
  await shot("remove");
  assert.equal(broker.sessions.get(id)?.participants.length, 2, "it asks first");
  await by("remove-confirm").click();
  await row("r2").waitFor({ state: "detached" });
  await by("mode").getByText("control", { exact: true }).waitFor();
});

test("O34: only the owner is offered to remove, and not themselves", async () => {
  await running(together());
  assert.equal(await row(me.id).getByTestId("remove").count(), 0);
  assert.equal(await row("r2").getByTestId("remove").count(), 1);
  broker.putSession(id, guest());
  await row("r2").getByTestId("is-owner").waitFor();
  assert.equal(await by("remove").count(), 0);
});

test("L16 L18 C10: one who does not own it is offered leaving and nothing else, and leaves", async () => {
  await running(guest());
  await by("leave").waitFor();
  assert.equal(await by("off").count(), 0);
  await by("close-session").click();
  await by("close-dialog").waitFor();
  assert.deepEqual(await page.locator("[data-testid^=outcome-]").evaluateAll((all) => all.map((o) => (o as HTMLElement).dataset["testid"])), ["outcome-leave", "outcome-away"]);
  await shot("close-guest");
  await by("outcome-leave").click();
  await page.getByRole("heading", { name: "You left the session" }).waitFor();
  await shot("left");
  await by("to-queue").click();
  await page.getByRole("heading", { name: "Queue" }).waitFor();
});

test("L16: the bar's button of one who does not own it leaves, and ends nothing", async () => {
  await running(guest());
  await by("leave").click();
  await page.getByRole("heading", { name: "You left the session" }).waitFor();
  assert.equal(broker.calls.some((c) => c.endsWith("SessionService/End")), false);
});

test("L18: the owner is offered to end and to hold, and is told that a hold parks them only", async () => {
  await running(together());
  await by("close-session").click();
  assert.deepEqual(await page.locator("[data-testid^=outcome-]").evaluateAll((all) => all.map((o) => (o as HTMLElement).dataset["testid"])), ["outcome-end", "outcome-hold", "outcome-away"]);
  await by("outcome-hold").getByText("it goes on for Kim Two").waitFor();
});

test("O33: one who was removed is told so and led away, and comes back with an invitation", async () => {
  await running(guest());
  broker.dropSession(id);
  await page.locator("[data-phase=gone]").waitFor();
  await by("outcome-text").getByText("Kim Two owns it and removed you").waitFor();
  await shot("removed");
  broker.putSession(id, { deviceId: "d1", deviceName: "ws-0147", control: true, agentConnected: true, ...guest() });
  await page.locator("[data-phase=active]").waitFor();
});

test("L10: when the owner ends it, the others are told who did, and are not offered to ask again", async () => {
  await running(guest());
  broker.putSession(id, { phase: SessionPhase.ENDED, endedBy: EndedBy.REP, endedByName: "Kim Two" });
  broker.push({ case: "sessionGone", value: id });
  await by("outcome-text").getByText("Kim Two ended the session.").waitFor();
  await page.locator("[data-phase=ended]").waitFor();
  assert.equal(await by("ask-again").count(), 0);
});

test("L10: an end that only the answer tells of is shown as the end, not as a removal", async () => {
  await running(guest());
  const s = broker.sessions.get(id)!;
  Object.assign(s, { phase: SessionPhase.ENDED, endedBy: EndedBy.REP, endedByName: "Kim Two" });
  broker.push({ case: "sessionGone", value: id });
  await by("outcome-text").getByText("Kim Two ended the session.").waitFor();
});

test("L15: a hold of the owner goes on for the others", async () => {
  await running(guest());
  broker.putSession(id, { phase: SessionPhase.HELD, heldSince: timestampNow() });
  broker.putSession(id, { participants: [person("r2", "Kim Two", { owner: true, control: true }), person(me.id, me.name), person("r3", "Jo Three")] });
  await row("r3").waitFor();
  await page.locator("[data-testid=session][data-link=open]").waitFor();
});

test("a session of others says that one is not in it, and leads on", async () => {
  broker.putSession(id, { deviceName: "ws-0147", ...together({ repId: "r2", repName: "Kim Two", participants: [person("r2", "Kim Two", { owner: true })] }) });
  await page.goto(`${broker.url}/sessions/${id}`);
  await page.locator("[data-phase=not_in]").waitFor();
  await by("outcome-text").getByText("Kim Two owns the session").waitFor();
  await shot("not-in");
  assert.equal(broker.agent.attached, 0);
});

test("the side is changed by arrows, and closed", async () => {
  await running(together());
  await by("tab-people").press("ArrowLeft");
  await by("chat").waitFor();
  assert.equal(await by("tab-chat").getAttribute("aria-selected"), "true");
  await by("close-side").click();
  await by("chat").waitFor({ state: "detached" });
});

test("changes are told in words, and only those of others", async () => {
  const s = (over: Partial<Session>) => Object.assign(create(SessionSchema, { id, control: true }), together(over));
  const kim = person("r2", "Kim Two");
  const own = person(me.id, me.name, { owner: true, control: true });
  const alone = s({ participants: [own] });
  assert.deepEqual(changesBetween(alone, s({ participants: [own, kim] }), me.id), ["Kim Two joined."]);
  assert.deepEqual(changesBetween(s({ participants: [own, kim] }), alone, me.id), ["Kim Two is not in the session any more."]);
  const given = s({ repId: "r2", participants: [person("r2", "Kim Two", { owner: true, control: true }), person(me.id, me.name)] });
  assert.deepEqual(changesBetween(s({ participants: [own, kim] }), given, me.id), ["Kim Two owns the session now.", "Kim Two controls now."]);
  assert.deepEqual(changesBetween(alone, s({ participants: [{ ...own, control: false }] }), me.id), ["Nobody controls now."]);
  assert.equal(handOf(s({ control: false }), me.id), "none");
  assert.equal(stageFor(s({ phase: SessionPhase.HELD, repId: me.id }), me.id), "held");
  assert.equal(stageFor(s({ phase: SessionPhase.HELD, repId: me.id }), "r2"), "live");
  assert.equal(stageFor(s({ phase: SessionPhase.HELD, repId: me.id, participants: [own] }), "r2"), "held");
});
