import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import { create } from "@bufbuild/protobuf";
import { merge, same } from "../src/core/merge.ts";
import { AccountSchema } from "../src/gen/alongside/console/v1/account_pb.ts";
import { broker, by, page, shot, test, until } from "./harness.ts";

const item = (name: string) => page.locator(`[data-testid=object][data-name="${name}"]`);
const says = (name: string, text: string) => item(name).getByText(text).filter({ visible: true }).first().waitFor();
const field = (name: string) => page.locator(`[name="${name}"]`);
const choose = async (name: string, label: string) => void (await field(name).selectOption({ label }));

async function make(part: string, name: string, fill: () => Promise<void>): Promise<void> {
  await page.goto(`${broker.url}/settings/${part}`);
  await by("add-object").click();
  await field("object-name").fill(name);
  await fill();
  await by("save-object").click();
  await item(name).waitFor();
}

const office = async () => {
  await make("teams", "Front desk", () => field("member-r2").check());
  await make("queues", "Lobby", () => choose("team", "Front desk"));
  await make("issues", "Printer", async () => {
    await choose("queue", "Lobby");
    await field("request-help").check();
  });
};

const edit = async (part: string, name: string) => {
  await page.goto(`${broker.url}/settings/${part}`);
  await item(name).getByTestId("edit-object").click();
};

test("E16: teams, queues and issues are made, name what they refer to, are searched and changed", async () => {
  await page.goto(`${broker.url}/settings/teams`);
  await by("empty").waitFor();
  await shot("teams-empty");
  await page.goto(`${broker.url}/settings/queues`);
  await by("first").click();
  await page.waitForURL("**/settings/teams");
  await office();
  await says("Printer", "offered to reps");
  await shot("issues");
  await by("search").fill("nothing of this");
  await page.getByText("Nothing found").waitFor();
  await page.goto(`${broker.url}/settings/queues`);
  await says("Lobby", "Front desk");
  await says("Lobby", "Printer");
  await page.goto(`${broker.url}/settings/teams`);
  await says("Front desk", "Kim Two");
  await says("Front desk", "Lobby");
  await shot("teams");
  await item("Front desk").getByTestId("edit-object").focus();
  await page.keyboard.press("Enter");
  await field("member-r1").check();
  await shot("team-edit");
  await by("save-object").click();
  await says("Front desk", "Kim Two, Robin One");
});

test("E16 J3: a Jump Group has members, and some of them may pin", async () => {
  for (let i = 3; i < 14; i++) broker.people.accounts.push(create(AccountSchema, { id: `r${i}`, name: `rep.${i}`, displayName: `Sam ${i}`, disabled: i === 4 }));
  await make("jump-groups", "Servers", async () => {
    await field("member-r1").check();
    assert.ok(await field("pin-r2").isDisabled());
    await by("search-members").fill("kim");
    await field("member-r1").waitFor({ state: "detached" });
    await field("member-r2").check();
    await field("pin-r2").check();
    await by("search-members").fill("");
    await shot("jump-group-edit");
  });
  await says("Servers", "Kim Two (may pin), Robin One");
  await edit("jump-groups", "Servers");
  await field("member-r2").uncheck();
  await by("save-object").click();
  await item("Servers").getByText("Kim Two").first().waitFor({ state: "detached" });
  await says("Servers", "Robin One");
  await shot("jump-groups");
});

test("E16 O29: a session policy allows what the server says that there is", async () => {
  await page.goto(`${broker.url}/settings/session-policies`);
  await by("add-object").click();
  await field("object-name").fill("Vendor");
  await by("save-object").click();
  await page.getByRole("alert").getByText("Choose at least one.").waitFor();
  await field("capability-view").check();
  await field("capability-chat").check();
  await shot("session-policy-edit");
  await by("save-object").click();
  await says("Vendor", "See the screen · Chat");
  await shot("session-policies");
});

test("E16 B3: a Support Button's profile has a title, a queue or none, and days", async () => {
  await office();
  await make("buttons", "Shop", async () => {
    await field("title").fill("Get help");
    await field("max-days").fill("400");
    await by("save-object").click();
    await page.locator("#max-days-hint").getByText("Use 1 to 365 days.").waitFor();
    await field("max-days").fill("7");
    await field("all-users").check();
    await shot("button-edit");
  });
  for (const text of ["Get help", "the rep chooses", "every user", "up to 7 days"]) await says("Shop", text);
  await edit("buttons", "Shop");
  await choose("queue", "Lobby");
  await by("save-object").click();
  await says("Shop", "Lobby");
  await shot("buttons");
});

test("E16 L21: one queue is the fallback", async () => {
  await make("teams", "Front desk", async () => {});
  await make("queues", "Lobby", async () => {
    await choose("team", "Front desk");
    await field("fallback").check();
    await shot("queue-edit");
  });
  await says("Lobby", "for sessions nobody owns");
});

test("E16: what is in use stays and the refusal names its user; then it goes, after a question", async () => {
  await office();
  await page.goto(`${broker.url}/settings/queues`);
  await item("Lobby").getByTestId("delete-object").click();
  await by("delete-object-confirm").click();
  await page.getByRole("alert").getByText("issue “Printer”").waitFor();
  await shot("queue-in-use");
  await page.goto(`${broker.url}/settings/issues`);
  await item("Printer").getByTestId("delete-object").click();
  assert.equal(broker.objects.all.length, 3);
  await by("delete-object-confirm").click();
  await until("deleted", () => broker.objects.all.length === 2);
  await by("empty").waitFor();
});

test("E16: what another admin changed meanwhile is told at once, and what was typed is not lost", async () => {
  await office();
  await make("teams", "Back office", async () => {});
  await edit("queues", "Lobby");
  await field("object-name").fill("Reception");
  broker.objects.change("Lobby", { note: "Only by day", object: { case: "queue", value: { $typeName: "alongside.console.v1.Queue", team: broker.objects.find("Back office").id, fallback: false } } });
  broker.push({ case: "changed", value: "directory" });
  await by("object-conflict").getByText("Somebody else changed this queue").waitFor();
  await by("differences").getByText("Team: Front desk → Back office").waitFor();
  await by("differences").getByText("Note: none → Only by day").waitFor();
  assert.ok(await by("save-object").isDisabled());
  await shot("queue-conflict");
  await by("keep-mine").click();
  assert.equal(await field("object-name").inputValue(), "Reception");
  assert.equal(await field("object-note").inputValue(), "Only by day");
  await by("save-object").click();
  await says("Reception", "Back office");
  assert.equal(broker.objects.find("Reception").note, "Only by day");
});

test("E16: a save of an older version is refused, and the refusal shows what changed", async () => {
  await office();
  await edit("teams", "Front desk");
  await field("object-note").fill("mine");
  broker.objects.change("Front desk", { note: "theirs" }); // and no word of it
  await by("save-object").click();
  await by("differences").getByText("Note: none → theirs").waitFor();
  assert.equal(await field("object-note").inputValue(), "mine");
  await by("drop-mine").click();
  assert.equal(await field("object-note").inputValue(), "theirs");
  await field("member-r1").check();
  await by("save-object").click();
  await says("Front desk", "Robin One");
});

test("E16: what another admin deleted meanwhile can be made again as it was typed", async () => {
  await office();
  await edit("issues", "Printer");
  await field("object-note").fill("Paper, too");
  broker.objects.all = broker.objects.all.filter((o) => o.name !== "Printer");
  await by("save-object").click();
  await by("object-conflict").getByText("Somebody else deleted this issue").waitFor();
  await by("keep-mine").click();
  await by("save-object").click();
  await says("Printer", "Paper, too");
});

test("E16: wrong fields are told at the field", async () => {
  await office();
  await page.goto(`${broker.url}/settings/queues`);
  await by("add-object").click();
  await field("object-name").fill("Lobby");
  await choose("team", "Front desk");
  await by("save-object").click();
  await page.locator("#object-name-hint").getByText("There is one of this name.").waitFor();
  assert.equal(await field("object-name").getAttribute("aria-invalid"), "true");
  await field("object-name").fill("Hall");
  await choose("team", "Choose a team");
  await by("save-object").click();
  await page.locator("#team-hint").getByText("Choose its team.").waitFor();
  assert.equal(await field("team").getAttribute("aria-invalid"), "true");
  await choose("team", "Front desk");
  await field("object-note").fill("x".repeat(101));
  await by("save-object").click();
  await page.locator("#object-note-hint").getByText("Use up to 100.").waitFor();
  await shot("queue-wrong");
});

test("E16: a list that cannot be read says so and is read again; who may not edit users sees counts", async () => {
  await office();
  broker.objects.broken = true;
  await page.goto(`${broker.url}/settings/teams`);
  await by("failed").waitFor();
  broker.objects.broken = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await item("Front desk").waitFor();
  broker.admin = false;
  broker.permissions = ["settings.edit"];
  await page.goto(`${broker.url}/settings/teams`);
  await says("Front desk", "1 member");
  await item("Front desk").getByTestId("edit-object").click();
  await page.getByText("Only who may edit users can choose them.").waitFor();
  await field("object-note").fill("kept");
  await by("save-object").click();
  await says("Front desk", "kept");
  const kept = broker.objects.find("Front desk").object;
  assert.deepEqual(kept.case === "team" && kept.value.members, ["r2"]);
});

nodeTest("a merge takes what I changed and leaves the rest as it is now", () => {
  const read = { name: "a", note: "n", members: ["x"], days: 1 };
  assert.deepEqual(merge(read, { ...read, name: "mine" }, { ...read, note: "theirs", members: ["x", "y"] }), { name: "mine", note: "theirs", members: ["x", "y"], days: 1 });
  assert.deepEqual(merge(read, { ...read, members: [] }, { ...read, members: ["x", "y"], days: 2 }), { name: "a", note: "n", members: [], days: 2 });
  assert.ok(same([{ a: 1, pin: true }], [{ a: 1, pin: true }]));
  assert.ok(!same([{ a: 1, pin: true }], [{ a: 1 }]));
  assert.ok(!same([], {}) && !same(null, {}) && same(2n, 2n));
});
