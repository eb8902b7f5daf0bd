import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { changesBetween } from "../src/core/participants.ts";
import { ShareTargetsResponseSchema } from "../src/gen/alongside/console/v1/collaboration_pb.ts";
import { type Session, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { Availability, InvitationSchema } from "../src/gen/alongside/console/v1/participant_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { guest, me, person, together } from "./fake/company.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, page, shot, shown, test, until } from "./harness.ts";

const id = "5e551000";
const targets = () =>
  create(ShareTargetsResponseSchema, {
    teams: [{ id: "t1", name: "Second line", reachable: 3 }, { id: "t2", name: "Network", reachable: 1 }],
    reps: [
      { id: "r4", name: "Ola Four", availability: Availability.EXTENDED, teamIds: ["t2"] },
      { id: "r3", name: "Jo Three", availability: Availability.AVAILABLE, teamIds: ["t1"] },
      { id: "r5", name: "Uma Five", availability: Availability.AWAY, teamIds: ["t1", "t2"] },
    ],
    issues: [{ id: "s1", name: "VPN" }, { id: "s2", name: "Printing" }],
  });

/** A running session that looks like this, with what the broker would list. */
async function running(change: Partial<Session> = together({ participants: [] })): Promise<void> {
  broker.company.targets = targets();
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  broker.putSession(id, change);
}

async function share(way: string): Promise<void> {
  await by("menu-share").click();
  await by(way).click();
  await by("share-dialog").waitFor();
}

const names = (what: string) => by(what).evaluateAll((all) => all.map((t) => (t as HTMLElement).dataset["name"]));
const row = (name: string) => page.locator(`[data-name="${name}"]`);
const standing = () => broker.sessions.get(id)!.invitations;

test("O6: the share menu has its branches, and by the keyboard", async () => {
  await running();
  await by("menu-share").press("ArrowDown");
  for (const item of ["share-teams", "share-reps", "share-help", "transfer"]) assert.equal(await by(item).count(), 1, item);
  await shot("share-menu");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await by("share-rep").first().waitFor();
});

test("O3 O7 O13: reps are listed as the broker does, the quickest first, and an invitation goes to one's own queue", async () => {
  await running();
  await share("share-reps");
  await by("share-rep").nth(2).waitFor();
  assert.deepEqual(await names("share-rep"), ["Jo Three", "Uma Five", "Ola Four"]);
  assert.match(await row("Jo Three").innerText(), /available · Second line/);
  assert.match(await row("Ola Four").innerText(), /not signed in, is asked by mail/);
  await shot("share-reps");
  await row("Jo Three").getByTestId("invite").click();
  await by("invited").getByText("Jo Three is invited.").waitFor();
  await row("Jo Three").getByTestId("is-invited").waitFor();
  assert.deepEqual(standing().map((i) => [i.to, i.transfer]), [[{ case: "repId", value: "r3" }, false]]);
  await by("share-search").fill("uma");
  assert.deepEqual(await names("share-rep"), ["Uma Five"]);
});

test("O8 O10: any representative of a team, as often as reps are wanted", async () => {
  await running();
  await share("share-teams");
  await by("share-team").first().waitFor();
  assert.deepEqual(await names("share-team"), ["Second line", "Network"]);
  await shot("share-teams");
  for (const n of [1, 2]) {
    await row("Second line").getByTestId("invite").click();
    await until(`invitation ${n}`, () => standing().length === n);
    await by("invited").getByText("Second line has the invitation.").waitFor();
  }
  assert.ok(standing().every((i) => i.to.case === "teamId" && i.to.value === "t1"));
});

test("O11 O12: help is asked for under the issues that allow it, and no others", async () => {
  await running();
  await share("share-help");
  await by("share-issue").first().waitFor();
  assert.deepEqual(await names("share-issue"), ["VPN", "Printing"]);
  await shot("share-help");
  await row("VPN").getByTestId("invite").click();
  await until("the request for help", () => standing()[0]?.issue === "VPN");
});

test("O15: a team appears as soon as it is reachable, by push", async () => {
  await running();
  broker.company.targets.teams = [];
  await share("share-teams");
  await by("empty").getByText("No team is reachable").waitFor();
  await shot("share-empty");
  broker.company.targets = targets();
  broker.push({ case: "changed", value: "presence" });
  await by("share-team").first().waitFor();
});

test("the share dialog says why its list cannot be had, and tries again", async () => {
  await running();
  broker.company.targetsFail = ErrorCode.INTERNAL;
  await share("share-reps");
  await by("failed").waitFor();
  broker.company.targetsFail = undefined;
  await by("failed").getByRole("button").click();
  await by("share-rep").first().waitFor();
});

test("O21: a second invitation to the same rep is refused in words", async () => {
  await running();
  await share("share-reps");
  await by("share-rep").first().waitFor();
  const stands = create(InvitationSchema, { id: "i9", sessionId: id, toName: "Jo Three", to: { case: "repId", value: "r3" } });
  broker.sessions.get(id)!.invitations = [stands]; // by another window, a moment ago
  await row("Jo Three").getByTestId("invite").click();
  await by("share-dialog").getByText("An invitation to them stands already.").waitFor();
});

test("O2 O4 O5: ownership is offered to a rep, a team or one who is in; nothing changes before somebody accepts", async () => {
  await running(together({ participants: [person(me.id, me.name, { owner: true, control: true }), person("r2", "Kim Two"), person("x1", "Val Vendor", { external: true })] }));
  await share("transfer");
  await by("share-rep").nth(3).waitFor();
  assert.deepEqual(await names("share-rep"), ["Jo Three", "Kim Two", "Uma Five", "Ola Four"], "who is in may own it, one from outside never");
  assert.equal(await by("kind-help").count(), 0);
  await by("kind-teams").click();
  await by("share-team").first().waitFor();
  await by("kind-reps").click();
  await shot("transfer");
  await row("Kim Two").getByTestId("invite").click();
  await by("invited-rep").getByText("ownership offered").waitFor();
  assert.equal(broker.sessions.get(id)?.repId, me.id, "still the owner");
  await shot("invited");
  broker.putSession(id, guest({ invitations: [] }));
  await by("announcements").getByText("Kim Two owns the session now.").waitFor();
  await by("share-not").waitFor();
});

test("O18 O22: an invitation that stands is taken back, from the menu and from the list", async () => {
  await running();
  const to = (n: string, name: string) => create(InvitationSchema, { id: n, sessionId: id, toName: name, to: { case: "repId", value: n } });
  broker.putSession(id, { invitations: [to("i1", "Jo Three"), to("i2", "Ola Four")] });
  await by("menu-share").click();
  await by("cancel-invitation").nth(1).waitFor();
  await shot("cancel-invitation");
  await by("cancel-invitation").getByText("Jo Three").click();
  await until("it is taken back", () => standing().length === 1);
  await by("toggle-people").click();
  await by("invited-rep").getByText("Ola Four").waitFor();
  await by("uninvite").click();
  await by("invited-rep").waitFor({ state: "detached" });
  assert.equal(await by("announcements").innerText(), "", "nobody declined");
});

test("O18: one that is gone meanwhile says so", async () => {
  await running(together({ participants: [], invitations: [create(InvitationSchema, { id: "i1", sessionId: id, toName: "Jo Three", to: { case: "repId", value: "r3" } })] }));
  await by("toggle-people").click();
  await by("uninvite").waitFor();
  broker.sessions.get(id)!.invitations = []; // its answer is under way
  await by("uninvite").click();
  await by("people").getByText("This invitation does not stand any more.").waitFor();
});

test("O19 O1: who does not own the session is told so instead of being offered to share", async () => {
  await running(guest());
  await by("share-not").waitFor();
  assert.match((await by("share-not").getAttribute("aria-label")) ?? "", /Only the owner, Kim Two,/);
  assert.equal(await by("menu-share").count(), 0);
});

test("O26: who invited is told of a no, and only of one", () => {
  const stands = create(InvitationSchema, { id: "i1", toName: "Jo Three", to: { case: "repId", value: "r3" } });
  const own = person(me.id, me.name, { owner: true, control: true });
  const s = (over: Partial<Session>) => Object.assign(create(SessionSchema, { id, control: true }), together({ repId: me.id, participants: [own], ...over }));
  const before = s({ invitations: [stands] });
  assert.deepEqual(changesBetween(before, s({}), me.id), ["Jo Three declined the invitation."]);
  assert.deepEqual(changesBetween(before, s({}), me.id, new Set(["i1"])), [], "taken back");
  assert.deepEqual(changesBetween(before, s({ participants: [own, person("r3", "Jo Three")] }), me.id), ["Jo Three joined."]);
  assert.deepEqual(changesBetween(before, s({ repId: "r2", participants: [person("r2", "Kim Two", { owner: true, control: true }), { ...own, owner: false, control: false }] }), me.id), ["Kim Two joined.", "Kim Two owns the session now.", "Kim Two controls now."]);
  return Promise.resolve();
});
