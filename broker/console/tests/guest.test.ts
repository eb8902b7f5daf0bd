import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { changesBetween } from "../src/core/participants.ts";
import { ShareTargetsResponseSchema } from "../src/gen/alongside/console/v1/collaboration_pb.ts";
import { type Session, SessionPhase, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { InvitationSchema } from "../src/gen/alongside/console/v1/participant_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { me, person, together } from "./fake/company.ts";
import { policies, val } from "./fake/guests.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, page, shot, shown, test } from "./harness.ts";

const id = "5e551000";
const screen = () => ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160));

/** The owner's running session, with the dialog open. */
async function inviting(mail = true): Promise<void> {
  broker.company.targets = create(ShareTargetsResponseSchema, { policies: policies(), mail });
  await live(screen());
  await shown(1);
  broker.putSession(id, together({ participants: [] }));
  await by("menu-share").click();
  await by("share-guest").click();
  await by("guest-dialog").waitFor();
}

/** The page of Val, who may do this, in the session that Kim owns. */
async function outside(...capabilities: string[]): Promise<void> {
  broker.signedIn = true;
  broker.devices.clear();
  broker.agent.screen = [screen()];
  broker.putSession(id, { deviceId: "d", deviceName: "ws-0147", repId: "r2", repName: "Kim Two", phase: SessionPhase.ACTIVE, control: true, agentConnected: true, startedAt: timestampNow(), consentAt: timestampNow(), participants: [person("r2", "Kim Two", { owner: true, control: true }), person("x1", "Val Vendor", { external: true })], outcomes: ["leave"] });
  broker.guests.links.set("secret", val(...capabilities));
  await page.goto(`${broker.url}/join#secret`);
  await by("join-session").waitFor();
}

test("O28 O29 O30 O31: the owner says what somebody from outside may do, who it is, and gets the link once", async () => {
  await inviting();
  assert.match(await by("guest-form").innerText(), /They may: see the screen, use keyboard and mouse, chat\./);
  await by("select-policy").selectOption("p2");
  await by("guest-form").getByText("They may: see the screen.").waitFor();
  await by("select-policy").selectOption("p1");
  await page.locator("[name=name]").fill("Val Vendor");
  await page.locator("[name=description]").fill("Printer vendor");
  await page.locator("[name=comments]").fill("Ticket 17");
  await page.locator("[name=email]").fill("val@example.com");
  await shot("guest-form");
  await by("create-link").click();
  await by("link-mailed").getByText("The link goes to val@example.com.").waitFor();
  assert.match(await by("guest-link").inputValue(), /^https:\/\/support\.example\.org\/join#\w{42}$/);
  await shot("guest-link");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await by("copy-link").click();
  await by("copied").getByText("The link is copied.").waitFor();
  assert.equal(await page.evaluate(async () => navigator.clipboard.readText()), await by("guest-link").inputValue());
  const asked = broker.guests.asked[0]!;
  assert.deepEqual([asked.policyId, asked.name, asked.description, asked.comments, asked.email], ["p1", "Val Vendor", "Printer vendor", "Ticket 17", "val@example.com"]);
  await by("guest-done").click();
  // It stands among the invitations, and is taken back there.
  await by("toggle-people").click();
  await by("invited-rep").getByText("external · Vendor · Printer vendor").waitFor();
  await by("menu-share").click();
  await by("cancel-invitation").getByText("Val Vendor").waitFor();
  await shot("guest-cancel");
});

test("O31: a mail that could not be sent, fields that are wrong and other refusals have their words", async () => {
  await inviting();
  broker.guests.mailed = false;
  broker.guests.wrong = { field: "email", detail: "this is not an e-mail address" };
  await page.locator("[name=name]").fill("Val Vendor");
  await page.locator("[name=email]").fill("val@example");
  await by("create-link").click();
  await by("guest-form").getByText("this is not an e-mail address").waitFor();
  broker.guests.wrong = undefined;
  broker.guests.fails = ErrorCode.MAIL_OFF;
  await by("create-link").click();
  await by("guest-form").getByText("No mail is sent from here.").waitFor();
  broker.guests.fails = undefined;
  await by("create-link").click();
  await by("link-mailed").getByText("could not be sent").waitFor();
});

test("O29: without mail no address is asked for, and without a session policy nobody is invited", async () => {
  await inviting(false);
  await by("guest-form").waitFor();
  assert.equal(await page.locator("[name=email]").count(), 0);
  broker.company.targets = create(ShareTargetsResponseSchema, {});
  broker.push({ case: "changed", value: "directory" });
  await by("empty").getByText("There is no session policy").waitFor();
  await shot("guest-no-policy");
});

test("O29 Q12: an external rep under a policy without control is never offered it", async () => {
  await live(screen());
  broker.putSession(id, together({ participants: [person(me.id, me.name, { owner: true, control: true }), Object.assign(person("x1", "Val Vendor", { external: true }), { lookOnly: true, policy: "Onlooker" })] }));
  await by("toggle-people").click();
  await by("is-look-only").waitFor();
  assert.match((await by("is-external").getAttribute("title")) ?? "", /under Onlooker/);
  assert.equal(await by("give-control").count(), 0);
  assert.equal(await by("remove").count(), 1);
});

test("O28 D22: the link asks first, is not in the address any more, and leads to the session and nowhere else", async () => {
  await outside("view", "control", "chat");
  assert.equal(page.url(), `${broker.url}/join`);
  assert.equal(broker.calls.some((c) => c.endsWith("/Redeem")), false, "opening the page uses nothing");
  await shot("join");
  await by("join-session").click();
  await page.locator("[data-phase=active][data-link=open]").waitFor();
  await shown(1);
  assert.match(await by("mode").innerText(), /Kim Two controls/);
  for (const gone of ["share-not", "menu-share", "nav-inventory", "sign-out", "off"]) assert.equal(await by(gone).count(), 0, gone);
  assert.equal(await page.locator("a[href]").count(), 0, "no link leads away");
  await shot("guest-session");
  await by("close-session").click();
  assert.deepEqual(await page.locator("[data-testid^=outcome-]").evaluateAll((all) => all.map((o) => (o as HTMLElement).dataset["testid"])), ["outcome-leave"]);
  await by("close-stay").click();
  await by("chat-input").fill("hello");
  await by("chat-send").click();
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("[data-testid=chat-input]")?.value === "");
  await by("leave").click();
  await page.getByRole("heading", { name: "You left the session" }).waitFor();
  await page.getByText("You come back with another link.").waitFor();
  assert.equal(await page.locator("a[href]").count(), 0);
  await shot("guest-left");
});

test("O28: the page is found again after a reload, and says when it is over", async () => {
  await outside("view", "chat");
  await by("join-session").click();
  await page.locator("[data-phase=active][data-link=open]").waitFor();
  await page.reload();
  await page.locator("[data-phase=active][data-link=open]").waitFor();
  broker.putSession(id, { phase: SessionPhase.ENDED, endedBy: 2, endedByName: "Kim Two", participants: [], outcomes: [] });
  await by("outcome-text").getByText("Kim Two ended the session.").waitFor();
  assert.equal(await by("back-to-inventory").count(), 0);
  await shot("guest-over");
});

test("O32 Q14: an external rep who is out is told so", async () => {
  await outside("view", "chat");
  await by("join-session").click();
  await page.locator("[data-phase=active][data-link=open]").waitFor();
  broker.guests.guest = undefined;
  broker.dropSession(id);
  await by("outcome-text").getByText("put it on hold or took you out").waitFor();
  await page.reload();
  await by("no-link").waitFor();
});

test("O29: who may chat only has no screen, who may look only no chat", async () => {
  await outside("chat");
  await by("join-session").click();
  await page.getByText("the screen is not shown to you").waitFor();
  await by("chat-input").waitFor();
  assert.equal(await by("viewer").count(), 0);
  await shot("guest-chat");
  broker.guests.guest = val("view");
  await page.reload();
  await page.locator("[data-phase=active][data-link=open]").waitFor();
  assert.equal((await by("toggle-chat").count()) + (await by("chat-input").count()) + (await by("tab-chat").count()), 0);
});

test("O31: every link that leads nowhere says why", async () => {
  for (const [code, words] of [
    [ErrorCode.LINK_USED, "was used already"],
    [ErrorCode.LINK_EXPIRED, "The time of this link is over"],
    [ErrorCode.INVITATION_GONE, "does not stand any more"],
    [ErrorCode.SESSION_HELD, "is on hold"],
    [ErrorCode.SIGNED_IN, "open the link in a private window"],
    [ErrorCode.RATE_LIMITED, "Too many tries"],
  ] as const) {
    broker.guests.links.set("bad", code);
    await page.goto("about:blank");
    await page.goto(`${broker.url}/join#bad`);
    await by("join-session").click();
    await by("join-error").getByText(words).waitFor();
  }
  await shot("join-used");
  await page.goto(`${broker.url}/join`);
  await by("no-link").waitFor();
});

test("O31: whose link ran out is not said to have declined", () => {
  const i = create(InvitationSchema, { id: "g1", toName: "Val Vendor", to: { case: "repId", value: "x1" }, guest: { policy: "Vendor" } });
  const s = (over: Partial<Session>) => Object.assign(create(SessionSchema, { id, control: true }), together({ repId: me.id, participants: [person(me.id, me.name, { owner: true, control: true })], ...over }));
  assert.deepEqual(changesBetween(s({ invitations: [i] }), s({}), me.id), ["The time of the link for Val Vendor is over."]);
  return Promise.resolve();
});
