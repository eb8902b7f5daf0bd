import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { SessionKeySchema } from "../src/gen/alongside/console/v1/portal_pb.ts";
import { broker, by, page, shot, test, until } from "./harness.ts";

test("X11: a session key is made by keyboard, shown once, and copied", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${broker.url}/queue`);
  await by("session-key").focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Session key" });
  await dialog.waitFor();
  await dialog.getByLabel("For whom").focus();
  await page.keyboard.type("Cora");
  await shot("session-key");
  await page.keyboard.press("Enter");
  await by("key-code").getByText("ABCD-EFGH").waitFor();
  assert.equal(broker.portal.keys[0]?.note, "Cora");
  assert.match(await dialog.innerText(), /portal#ABCD-EFGH[^]*It is shown this once, starts one session/);
  assert.match((await by("mail-key").getAttribute("href")) ?? "", /^mailto:\?subject=.*portal%23ABCD-EFGH/);
  await by("copy-key").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("Key copied").waitFor();
  assert.equal(await page.evaluate(async () => navigator.clipboard.readText()), "ABCD-EFGH");
  await shot("session-key-made");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await by("session-key").evaluate((b) => b === document.activeElement), "the focus goes back");
});

test("X11: keys that were not used are listed, and each can be taken back", async () => {
  broker.portal.keys = ["Cora", "Carl"].map((note, i) => create(SessionKeySchema, { id: `k${i}`, note }));
  await page.goto(`${broker.url}/queue`);
  await by("session-key").click();
  await by("open-key").nth(1).getByText("Carl").waitFor();
  await by("open-key").nth(0).getByRole("button", { name: "Take back" }).focus();
  await page.keyboard.press("Enter");
  await until("taken back", () => broker.portal.keys.length === 1);
  await by("open-key").getByText("Cora").waitFor({ state: "detached" });
  await by("open-key").getByText("Carl").waitFor();
});

test("X11: who may not start sessions makes no keys", async () => {
  broker.admin = false;
  broker.permissions = ["audit.read"];
  await page.goto(`${broker.url}/queue`);
  await by("empty").waitFor();
  assert.equal(await by("session-key").count(), 0);
});

test("C6: the portal's settings are saved, wrong ones named at their fields, and a logo goes when it is taken away", async () => {
  broker.portal.settings.hasLogo = true;
  await page.goto(`${broker.url}/settings/portal`);
  await by("portal-settings").getByText("https://support.example.org/portal").waitFor();
  await page.getByLabel("Greeting").fill("Hello");
  await page.getByLabel("Colour").fill("blue");
  await page.getByRole("group", { name: "Queues that customers may choose" }).getByLabel("Something else").check();
  broker.portal.wrong = { field: "accent", detail: "write it as #1a5fb4" };
  await by("portal-save").click();
  await page.locator("#portal-accent-hint").getByText("write it as #1a5fb4").waitFor();
  assert.equal(await page.getByLabel("Colour").getAttribute("aria-invalid"), "true");
  broker.portal.wrong = undefined;
  await page.getByLabel("Colour").fill("#1a5fb4");
  await by("portal-no-logo").click();
  await shot("portal-settings");
  await page.getByLabel("Colour").press("Enter");
  await page.getByRole("status").getByText("Saved.").waitFor();
  const { settings, logo } = broker.portal.saved!;
  assert.deepEqual([settings?.open, settings?.greeting, settings?.accent, settings?.issues, settings?.queues, logo?.length], [true, "Hello", "#1a5fb4", ["i1"], ["u1"], 0]);
});

test("X14: the dialog and the settings fit a narrow window, dark and light, and every control has a name", async () => {
  await page.setViewportSize({ width: 400, height: 760 });
  for (const [path, ready, opens] of [["/settings/portal", "portal-save", ""], ["/queue", "session-key", "make-key"]] as const) {
    await page.goto(broker.url + path);
    await by(ready).waitFor();
    if (opens) await by(ready).click();
    if (opens) await by(opens).waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)), 0, path);
      const nameless = await page.locator("button, a[href], input, select, textarea").evaluateAll((all) => all.filter((e) => !e.getAttribute("aria-label") && !(e as HTMLElement).innerText?.trim() && !(e as HTMLInputElement).labels?.length).map((e) => e.outerHTML.slice(0, 120)));
      assert.deepEqual(nameless, [], path);
    }
  }
});
