import assert from "node:assert/strict";
import { parts, sendable } from "../src/core/clipboard.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { parseClipboard } from "../src/wire/clipboard.ts";
import { MalformedError } from "../src/wire/error.ts";
import { type Input, InputKind } from "../src/wire/input.ts";
import { maxClipboard } from "../src/wire/limits.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, open, page, shot, shown, test } from "./harness.ts";

const picture = () => ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160));
const local = () => page.evaluate(async () => navigator.clipboard.readText());
const copy = (text: string) => page.evaluate(async (t) => navigator.clipboard.writeText(t), text);
const granted = { permissions: ["clipboard-read", "clipboard-write"] };

/** Waits for something, for as long as a busy machine may take. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await condition()); ) {
    if (Date.now() > end) assert.fail(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Says what the viewer may do, and waits until it has heard. */
async function lets(to: boolean, from: boolean): Promise<void> {
  broker.agent.clipboard(to, from);
  await page.locator(`alongside-viewer[data-clipboard="${[to && "to", from && "from"].filter(Boolean).join(" ")}"]`).waitFor();
}

async function pick(item: string): Promise<void> {
  await by("menu-clipboard").click();
  await by(item).click();
}

test("X1: a clipboard message is text and nothing else, and is cut between characters", async () => {
  assert.equal(parseClipboard(new TextEncoder().encode("Grüße\n🙂")), "Grüße\n🙂");
  for (const bad of [Uint8Array.of(0xff), Uint8Array.of(0x61, 0), new Uint8Array(maxClipboard + 1).fill(0x61)]) assert.throws(() => parseClipboard(bad), MalformedError);
  assert.deepEqual(parts("aé🙂b", 4), ["aé", "🙂", "b"]);
  assert.deepEqual(parts("a\r\nb"), ["a\nb"]);
  assert.equal(sendable("x".repeat(11), 10), undefined);
  assert.equal(sendable("a\0b"), "ab");
});

test("X1: text is sent and got on a click, and typed where the clipboard does not reach", async () => {
  await open(granted);
  await live(picture());
  await shown(1);
  await copy("Grüße 🙂");
  await lets(true, true);
  await pick("clipboard-send");
  await by("clipboard-said").getByText("Sent").waitFor();
  assert.deepEqual(broker.agent.pasted, ["Grüße 🙂"]);
  await pick("clipboard-get");
  await until(() => broker.agent.wishes.length === 1);
  assert.deepEqual(broker.agent.wishes, [false]);
  broker.agent.copies("from there");
  await by("clipboard-said").getByText("Copied").waitFor();
  assert.equal(await local(), "from there");
  await pick("clipboard-get");
  await until(() => broker.agent.wishes.length === 2);
  broker.agent.clipboard(true, true, { wish: true, code: ErrorCode.CLIPBOARD_EMPTY });
  await by("clipboard-said").getByText("Nothing was copied on the device since you came.").waitFor();
  await shot("clipboard");
  await copy("é".repeat(700));
  await pick("clipboard-type");
  const typed = () => broker.agent.inputs.filter((e): e is Extract<Input, { kind: typeof InputKind.Text }> => e.kind === InputKind.Text).map((e) => e.text);
  await until(() => typed().join("") === "é".repeat(700));
  assert.equal(typed().length, 2, "in parts that a message holds");
});

test("X1: only what the endpoint lets is offered, and nothing goes by itself", async () => {
  await open(granted);
  await live(picture());
  await shown(1);
  await copy("secret");
  await lets(false, true);
  await by("menu-clipboard").click();
  assert.equal(await by("clipboard-send").count(), 0);
  assert.match(await by("clipboard-why").innerText(), /Nothing goes into the device's clipboard/);
  await page.keyboard.press("Escape");
  broker.agent.control = false;
  broker.agent.state();
  await page.locator("[data-testid=mode]").getByText(/view/i).first().waitFor();
  await lets(false, false);
  await by("menu-clipboard").click();
  await by("clipboard-why").waitFor();
  for (const id of ["send", "get", "follow", "type"]) assert.equal(await by(`clipboard-${id}`).count(), 0, id);
  assert.deepEqual([broker.agent.pasted, broker.agent.wishes], [[], []]);
});

test("X1: in step, each copy goes once and comes once, without echo", async () => {
  await open(granted);
  await live(picture());
  await shown(1);
  await copy("first");
  await lets(true, true);
  await pick("clipboard-follow");
  await until(() => broker.agent.pasted.length === 1 && broker.agent.wishes.length === 1);
  assert.deepEqual([broker.agent.pasted, broker.agent.wishes], [["first"], [true]]);
  broker.agent.copies("there");
  await until(async () => (await local()) === "there");
  await until(() => broker.agent.wishes.length === 2);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await copy("second");
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await until(() => broker.agent.pasted.length === 2);
  assert.deepEqual(broker.agent.pasted, ["first", "second"]);
});
