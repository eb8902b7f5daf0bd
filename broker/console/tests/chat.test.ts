import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Session } from "../src/gen/alongside/console/v1/console_pb.ts";
import { ChatArrival } from "../src/gen/alongside/wire/v1/chat_pb.ts";
import { TypingSchema } from "../src/gen/alongside/console/v1/chat_pb.ts";
import { ChatChannel, ChatSchema } from "../src/gen/alongside/wire/v1/session_pb.ts";
import { guest, me, together } from "./fake/company.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, page, shot, shown, test } from "./harness.ts";

const id = "5e551000";
const said = (seq: number, text: string, over: MessageInitShape<typeof ChatSchema> = {}) => create(ChatSchema, { session: Uint8Array.from([0x5e, 0x55, 0x10, 0]), seq: BigInt(seq), text, from: "Kim Two", atUnixMs: BigInt(Date.UTC(2026, 10, 29, 14, seq)), ...over });
const push = (...all: Parameters<typeof said>) => broker.push({ case: "chat", value: said(...all) });

async function running(change: Partial<Session>): Promise<void> {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  broker.putSession(id, change);
}

const texts = () => by("chat-message").evaluateAll((all) => all.map((m) => [(m as HTMLElement).dataset["channel"], m.querySelector("span")?.textContent]));

test("O17 Q10: it is plain who reads what is written, and each channel keeps its own words", async () => {
  await running(together());
  await by("channel-reps").waitFor();
  assert.equal(await by("compose").getAttribute("data-channel"), "all", "everybody at first");
  assert.equal(await by("chat-input").getAttribute("placeholder"), "Message to everybody");
  await page.getByText("The person at the device reads it.").waitFor();
  await by("chat-input").fill("I install the driver now.");
  await by("channel-reps").click();
  assert.equal(await by("chat-input").inputValue(), "", "what was meant for everybody does not slip over");
  await by("chat-input").fill("They typed the password twice.");
  await page.getByText("Only reps read it, never the person at the device.").waitFor();
  await by("channel-all").click();
  assert.equal(await by("chat-input").inputValue(), "I install the driver now.");
  assert.equal(await by("chat-send").getAttribute("aria-label"), "Send to everybody");
  await by("chat-send").click();
  await by("chat-message").waitFor();
  await by("channel-reps").click();
  assert.equal(await by("chat-send").getAttribute("aria-label"), "Send to reps only");
  await by("chat-input").press("Enter");
  await by("chat-message").nth(1).waitFor();
  assert.deepEqual(broker.said.map((c) => [c.channel, c.text]), [[ChatChannel.UNSPECIFIED, "I install the driver now."], [ChatChannel.REPS, "They typed the password twice."]]);
  assert.deepEqual(await texts(), [["all", "I install the driver now."], ["reps", "They typed the password twice."]]);
  assert.equal(await by("compose").getAttribute("data-channel"), "reps", "nothing but the writer changes the channel");
});

test("Q10: the channel stays as it was chosen when the others go, and when the page of another session was open", async () => {
  broker.putSession("5e551007", { deviceId: "d2", deviceName: "ws-0152", control: true, agentConnected: true, ...guest() });
  await running(together());
  await by("channel-reps").click();
  await by("chat-input").fill("half a sentence");
  broker.putSession(id, { participants: [] });
  await by("toggle-people").getByText("1").waitFor();
  assert.equal(await by("compose").getAttribute("data-channel"), "reps");
  await by("open-tab").getByText("ws-0152").click();
  await page.locator("[data-phase=active]").waitFor();
  assert.equal(await by("compose").getAttribute("data-channel"), "all");
  await by("open-tab").getByText("ws-0147").click();
  await page.locator("[data-testid=compose][data-channel=reps]").waitFor();
  assert.equal(await by("chat-input").inputValue(), "half a sentence");
});

test("Q10: the channels are chosen by the keyboard", async () => {
  await running(together());
  await by("channel-all").locator("input").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("[data-testid=compose][data-channel=reps]").waitFor();
});

test("O27: who comes late sees the whole history of both channels, in its order", async () => {
  broker.chat = [said(1, "It asks for a password.", { from: "user.a", fromCustomer: true }), said(2, "Driver is 4.2.1 here.", { channel: ChatChannel.REPS }), said(3, "One moment, please."), said(4, "I take the keyboard.", { from: me.name, channel: ChatChannel.REPS })];
  broker.putSession(id, { deviceId: "d1", deviceName: "ws-0147", control: true, agentConnected: true, ...guest() });
  await page.goto(`${broker.url}/sessions/${id}`);
  await by("chat-message").nth(3).waitFor();
  assert.deepEqual(await texts(), [["all", "It asks for a password."], ["reps", "Driver is 4.2.1 here."], ["all", "One moment, please."], ["reps", "I take the keyboard."]]);
  assert.match(await by("chat-message").nth(1).innerText(), /Kim Two · reps only/);
  assert.match(await by("chat-message").nth(3).innerText(), /You · reps only/);
  await by("channel-reps").click();
  await by("chat-input").fill("Ask for the asset tag.");
  await shot("chat-reps");
  await by("channel-all").click();
  await shot("chat-all");
});

test("a rep alone is not asked who reads it", async () => {
  await running(together({ participants: [] }));
  await page.getByText("The person at the device reads it.").waitFor();
  assert.equal(await by("channel-reps").count(), 0);
  push(1, "A note from before.", { channel: ChatChannel.REPS });
  await by("channel-reps").waitFor();
});

test("messages of others are counted while the chat is closed; own ones are not", async () => {
  await running(together());
  await by("close-side").click();
  push(1, "Hello?", { from: "user.a", fromCustomer: true });
  push(2, "Look at the log.", { channel: ChatChannel.REPS });
  push(3, "From my other window.", { from: me.name });
  await by("toggle-chat").locator(".count").getByText("2").waitFor();
  await by("toggle-chat").click();
  await by("chat-message").nth(2).waitFor();
  await by("close-side").click();
  assert.equal(await by("toggle-chat").locator(".count").count(), 0);
});

test("O17: each message says how far it came, and whose it is, also of reps of one name", async () => {
  await running(together());
  push(1, "Do you see the dialog?", { from: me.name, repId: me.id });
  push(2, "From the other Robin.", { from: me.name, repId: "r9", channel: ChatChannel.REPS });
  push(3, "Yes.", { from: "user.a", fromCustomer: true });
  await by("chat-message").nth(2).waitFor();
  const arrivals = () => by("chat-message").evaluateAll((all) => all.map((m) => (m as HTMLElement).dataset["arrival"] ?? ""));
  assert.deepEqual(await arrivals(), ["sent", "", ""], "what only reps read never travels");
  assert.match(await by("chat-message").nth(0).innerText(), /^You · [\d:]+\s+· sent/);
  assert.match(await by("chat-message").nth(1).innerText(), /^Robin One · reps only/);
  for (const [arrival, name] of [[ChatArrival.DELIVERED, "delivered"], [ChatArrival.SHOWN, "shown"]] as const) {
    push(1, "Do you see the dialog?", { from: me.name, repId: me.id, arrival });
    await page.locator(`[data-testid=chat-message][data-arrival=${name}]`).waitFor();
  }
  assert.equal(await by("chat-message").count(), 3);
  await shot("chat-arrivals");
});

test("O17: who writes is shown until they send it, and that we write is told until there is nothing left of it", async () => {
  await running(together());
  const typing = (repId: string, name: string, channel: ChatChannel = ChatChannel.UNSPECIFIED, now = true) => broker.push({ case: "typing", value: create(TypingSchema, { sessionId: id, repId, name, typing: now, channel }) });
  typing("", "user.a");
  await by("typing").getByText("user.a is writing…").waitFor();
  typing("r2", "Kim Two", ChatChannel.REPS);
  await by("typing").getByText("user.a and Kim Two are writing…").waitFor();
  push(1, "Yes.", { from: "user.a", fromCustomer: true });
  await by("typing").getByText("Kim Two is writing to reps only…").waitFor();
  typing("r2", "Kim Two", ChatChannel.REPS, false);
  await page.waitForFunction(() => document.querySelector("[data-testid=typing]")?.textContent === "");
  await by("chat-input").pressSequentially("One mom");
  await by("chat-input").fill("");
  await by("channel-reps").click();
  await by("chat-input").fill("Look");
  await by("chat-input").press("Enter");
  await by("chat-message").nth(1).waitFor();
  const told = () => broker.typed.map((t) => [t.typing, t.channel]);
  assert.deepEqual(told(), [[true, ChatChannel.UNSPECIFIED], [false, ChatChannel.UNSPECIFIED], [true, ChatChannel.REPS]], "once for some keys, and no more after it was sent");
});

test("O17: addresses in the chat do nothing until they are clicked, and then ask", async () => {
  await running(together());
  push(1, "See https://example.com/help?id=1, and javascript:alert(1) or https://bank.example@evil.example/x <img src=https://evil.example/p>", { from: "user.a", fromCustomer: true });
  await by("chat-link").first().waitFor();
  assert.deepEqual(await by("chat-link").allInnerTexts(), ["https://example.com/help?id=1", "https://evil.example/p"]);
  assert.equal(await by("chat-message").locator("a, img").count(), 0);
  const context = page.context();
  await context.route("https://example.com/**", (r) => r.fulfill({ body: "a page" }));
  await by("chat-link").first().click();
  await by("open-link-dialog").getByText("Open a page of example.com?").waitFor();
  await shot("chat-link");
  await by("open-link-dialog").getByText("Cancel").click();
  assert.equal(context.pages().length, 1);
  await by("chat-link").first().click();
  const opened = context.waitForEvent("page");
  await by("open-link").click();
  const other = await opened;
  await other.waitForLoadState();
  assert.equal(other.url(), "https://example.com/help?id=1");
  assert.equal(await other.evaluate(() => String(window.opener) + document.referrer), "null");
});
