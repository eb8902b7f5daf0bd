import assert from "node:assert/strict";
import { SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { ChatArrival } from "../src/gen/alongside/wire/v1/chat_pb.ts";
import { EndedBy, ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import { type Words, wordsIn } from "../src/portal/words.ts";
import { asked } from "./fake/portal.ts";
import { broker, by, open, page, shot, test, until } from "./harness.ts";

const key = (...keys: string[]) => keys.reduce((before, k) => before.then(() => page.keyboard.press(k)), Promise.resolve());
const write = (text: string) => page.keyboard.type(text);

async function goto(fragment = ""): Promise<void> {
  await page.goto(`${broker.url}/portal${fragment}`);
  await by("portal").locator("form, [data-testid=talk], [data-testid=closed], .notice").first().waitFor();
}

/** The page of a customer whom Rob talks to. */
async function talking(): Promise<void> {
  await goto("#ABCD-EFGH");
  await page.locator("[name=name]").fill("Cora");
  await by("start").click();
  await by("waiting").waitFor();
  broker.portal.put({ phase: SessionPhase.CHATTING, repName: "Rob Rep" });
  await by("with-rep").waitFor();
}

/** Tabs until something has the focus. */
async function tabTo(id: string): Promise<void> {
  for (let i = 0; i < 20; i++) {
    if (await by(id).evaluate((e) => e === document.activeElement)) return;
    await key("Tab");
  }
  assert.fail(`no way to ${id} by keyboard`);
}

test("C6: greeting, issue, waiting, chat and end, by keyboard alone", async () => {
  broker.portal.state.ahead = 2;
  await goto();
  await page.getByText("We are here from 8 to 18.").waitFor();
  assert.equal(await page.title(), "Example help");
  assert.equal(await by("start").isDisabled(), true);
  await shot("portal-begin");
  await write("Cora"); // the entry has the focus
  await tabTo("select-choice");
  await write("Pr");
  await tabTo("start");
  await key("Enter");
  await by("waiting").waitFor();
  assert.deepEqual([broker.portal.begun[0]?.name, broker.portal.begun[0]?.to], ["Cora", { case: "issueId", value: "i1" }]);
  await page.getByText("2 people are before you. Please keep this page open. You may write already.").waitFor();
  broker.portal.put({ ahead: 0 });
  await page.getByText("You are next.").waitFor();
  await shot("portal-waiting");
  await tabTo("chat-input");
  await write("my printer");
  await key("Enter");
  await by("message").getByText("my printer").waitFor();
  broker.portal.put({ phase: SessionPhase.CHATTING, repName: "Rob Rep" });
  await page.getByRole("heading", { name: "Rob Rep is here" }).waitFor();
  broker.portal.tell("Hello Cora");
  await page.getByRole("log", { name: "Your message" }).getByText("Hello Cora").waitFor();
  await tabTo("leave");
  await key("Enter");
  await tabTo("leave-yes");
  await key("Enter");
  await by("over").waitFor();
  await page.getByText("You ended it.").waitFor();
  await tabTo("again");
  await key("Enter");
  await by("begin").waitFor();
});

test("X11: a key from the link stands in its field and not in the address, and may be left for an issue", async () => {
  await goto("#ABCD-EFGH");
  assert.equal(page.url(), `${broker.url}/portal`);
  assert.equal(await page.getByLabel("Session key").inputValue(), "ABCD-EFGH");
  await page.getByLabel("Your name").fill("Cora");
  await by("start").click();
  await by("waiting").waitFor();
  assert.deepEqual(broker.portal.begun[0]?.to, { case: "key", value: "ABCD-EFGH" });
  await open({});
  await goto();
  assert.equal(await page.getByLabel("What is it about?").locator("option").count(), 3);
  await by("other-way").click();
  await page.getByLabel("Session key").waitFor();
  await by("other-way").click();
  await page.getByLabel("What is it about?").waitFor();
});

test("C6: every refusal has its words, and what was entered stays", async () => {
  await goto("#ABCD-EFGH");
  await page.locator("[name=name]").fill("Cora");
  for (const [code, words] of [
    [ErrorCode.SESSION_KEY_INVALID, "This key is not valid. Ask your representative for a new one."],
    [ErrorCode.RATE_LIMITED, "Too many tries. Please wait a minute."],
    [ErrorCode.BUSY, "Too many people are waiting."],
    [ErrorCode.PORTAL_CLOSED, "Nobody takes chats here at the moment."],
    [ErrorCode.INTERNAL, "That did not work. Please try again."],
  ] as const) {
    broker.portal.fails = code;
    await by("start").click();
    await page.getByRole("alert").getByText(words).waitFor();
  }
  await page.route("**/BeginChat", (r) => r.abort());
  await by("start").click();
  await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
  assert.equal(await page.locator("[name=key]").inputValue(), "ABCD-EFGH");
  await shot("portal-refused");
});

test("C6: a closed page says so, and one that cannot be loaded offers another try", async () => {
  broker.portal.page.closed = true;
  await goto();
  await by("closed").waitFor();
  await page.route("**/DescribePortal", (r) => r.abort());
  await page.reload();
  await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
  await page.unroute("**/DescribePortal");
  await page.getByRole("button", { name: "Start again" }).click();
  await by("closed").waitFor();
});

test("C6: the chat outlives a reload and a broken line, and a chat that is gone begins anew", async () => {
  await talking();
  broker.portal.tell("Hello Cora");
  await by("message").waitFor();
  await page.reload();
  await by("message").getByText("Hello Cora").waitFor();
  await page.route("**/WatchChat", (r) => r.abort());
  broker.portal.cut();
  await page.getByText("The connection is lost. Trying again…").waitFor();
  await page.unroute("**/WatchChat");
  await page.getByText("The connection is lost.").waitFor({ state: "detached" });
  broker.portal.known = false;
  broker.portal.cut();
  await by("begin").waitFor();
});

test("C6: a message that is refused stays in its entry, and one that is too long is not sent", async () => {
  await talking();
  broker.portal.fails = ErrorCode.RATE_LIMITED;
  await by("chat-input").fill("hello?");
  await key("Enter");
  await page.getByRole("alert").getByText("Too many tries.").waitFor();
  assert.equal(await by("chat-input").inputValue(), "hello?");
  await by("chat-input").fill("x".repeat(20_000));
  await page.getByRole("alert").getByText("This message is too long.").waitFor();
  assert.equal(await by("chat-send").isDisabled(), true);
});

test("O17: what came is told at once, and that it was shown when the page is visible", async () => {
  await page.addInitScript(() => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (window as unknown as { seen?: boolean }).seen === true ? "visible" : "hidden" });
  });
  await talking();
  broker.portal.tell("one");
  const receipts = () => broker.portal.receipts.map((r) => `${r.seq.join(" ")} ${r.arrival === ChatArrival.SHOWN ? "shown" : r.arrival === ChatArrival.DELIVERED ? "delivered" : "?"}`);
  await until("delivered", () => receipts().length === 1);
  broker.portal.tell("two");
  await until("both delivered", () => receipts().length === 2);
  await by("chat-input").fill("mine");
  await key("Enter");
  await by("message").getByText("mine").waitFor();
  await page.evaluate(() => {
    (window as unknown as { seen: boolean }).seen = true;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await until("shown", () => receipts().length === 3);
  assert.deepEqual(receipts(), ["1 delivered", "2 delivered", "1 2 shown"]);
  broker.portal.tell("three");
  await until("the next is shown", () => receipts().length === 4);
  assert.equal(receipts()[3], "4 shown", "and that of the customer is not spoken of");
});

test("O17: who of the reps writes is shown until it is sent, and that the customer writes is told", async () => {
  await talking();
  broker.portal.types("Rob Rep", true);
  await page.getByRole("status").getByText("Rob Rep is writing…").waitFor();
  broker.portal.types("Ria Rep", true);
  await by("typing").getByText("Rob Rep and Ria Rep are writing…").waitFor();
  broker.portal.tell("done");
  await by("typing").getByText("Ria Rep is writing…").waitFor();
  broker.portal.types("Ria Rep", false);
  await page.waitForFunction(() => document.querySelector("[data-testid=typing]")?.textContent === "");
  await by("chat-input").fill("abc");
  await until("told", () => broker.portal.typed.length > 0);
  await by("chat-input").fill("");
  await until("told that it stopped", () => broker.portal.typed.length === 2);
  assert.deepEqual(broker.portal.typed, [true, false]);
});

test("C7 V2: asked to run the client: not now by keyboard; both files, how to run them, and other systems", async () => {
  await talking();
  broker.portal.put({ askedUntil: asked() });
  await page.getByRole("region", { name: "Rob Rep asks to see your screen" }).waitFor();
  await shot("portal-asked");
  await tabTo("not-now");
  await key("Enter");
  await by("client-question").waitFor({ state: "detached" });
  broker.portal.fails = ErrorCode.CLIENT_UNAVAILABLE;
  broker.portal.put({ askedUntil: asked() });
  await by("get-client").click();
  await page.getByRole("alert").getByText("There is no program for your system here.").waitFor();
  broker.portal.fails = undefined;
  await by("get-client").click();
  const program = page.getByRole("link", { name: "The program: Linux (x86-64), 10 MB" });
  assert.deepEqual([await program.getAttribute("href"), await program.getAttribute("download")], ["/portal/client/linux-amd64", "alongside"]);
  await page.getByText("chmod +x alongside && ./alongside").waitFor();
  const saved = page.waitForEvent("download");
  await by("get-bundle").click();
  assert.equal((await saved).suggestedFilename(), "support-0a1b2c3d4e5f.alongside");
  await shot("portal-files");
  await page.getByText("For another system").click();
  await page.getByRole("button", { name: "Windows (x86-64)" }).click();
  await page.getByText("Double-click alongside.exe").waitFor();
});

test("V2: the program's question, the shared screen, and every end have their words", async () => {
  await talking();
  broker.portal.put({ phase: SessionPhase.AWAITING_CONSENT });
  await page.getByRole("heading", { name: "Please answer the question that the program asks" }).waitFor();
  broker.portal.put({ phase: SessionPhase.ACTIVE, screen: true });
  await by("screen").waitFor();
  await page.getByText("Rob Rep sees it. The bar on your screen ends it at any time.").waitFor();
  broker.portal.put({ phase: SessionPhase.CHATTING, screen: false, repName: "" });
  await page.getByRole("heading", { name: "The representative is gone for a moment" }).waitFor();
  broker.portal.put({ phase: SessionPhase.ENDED, endedBy: EndedBy.REP });
  await page.getByText("The representative ended it. The program has removed itself from your computer.").waitFor();
  assert.equal(await by("chat-input").count(), 0);
  await shot("portal-over");
});

/** What is too wide, has no name, or too little contrast, on the page as it stands. */
async function flaws(): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const d of document.querySelectorAll("details")) d.open = true;
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) found.push(`${wide} px too wide`);
    for (const e of document.querySelectorAll<HTMLInputElement>("button, a[href], input, select, textarea")) {
      if (!e.getAttribute("aria-label") && !e.textContent?.trim() && !e.labels?.length) found.push(`no name: ${e.outerHTML.slice(0, 120)}`);
    }
    for (const e of document.querySelectorAll(".portal-card button, .portal-card a, .portal-card input, .portal-card pre")) {
      const box = e.closest(".ask, .portal-card")!;
      const over = e.getBoundingClientRect().right - box.getBoundingClientRect().right + parseFloat(getComputedStyle(box).paddingRight);
      if (over > 1) found.push(`${over} px out of its box: ${e.textContent}`);
    }
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true })!;
    const luminance = (colors: string[]) => {
      context.clearRect(0, 0, 1, 1);
      for (const c of colors) {
        context.fillStyle = c;
        context.fillRect(0, 0, 1, 1);
      }
      const [r = 0, g = 0, b = 0] = [...context.getImageData(0, 0, 1, 1).data].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (const e of document.querySelectorAll<HTMLElement>("#root *")) {
      if (![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent?.trim()) || !e.checkVisibility() || e.closest("button:disabled, option")) continue;
      const under: string[] = [];
      for (let p: HTMLElement | null = e; p; p = p.parentElement) under.unshift(getComputedStyle(p).backgroundColor);
      const [a, b] = [luminance(under), luminance([...under, getComputedStyle(e).color])].sort((x, y) => y - x) as [number, number];
      if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(2)}: ${e.textContent}`);
    }
    return found;
  });
}

/** Shows the page in every way that counts. */
async function sound(step: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [400, 1360]) {
      await page.setViewportSize({ width, height: 780 });
      assert.deepEqual(await flaws(), [], `${step}, ${colorScheme}, ${width} px`);
    }
  }
}

for (const [language, locale] of [["en", "en-GB"], ["de", "de-DE"], ["fr", "fr-FR"]] as const) {
  test(`X14 C6: in ${language} every step has its words and names, narrow and wide, dark and light`, async () => {
    const w: Words = wordsIn(language);
    broker.portal.page.accent = language === "en" ? "#1a5fb4" : "";
    await open({ locale });
    await goto();
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await sound("begin");
    await page.getByLabel(w.name).fill("Cora");
    await page.getByLabel(w.about).selectOption("queue u1");
    broker.portal.fails = ErrorCode.RATE_LIMITED;
    await page.getByRole("button", { name: w.start }).click();
    await page.getByRole("alert").getByText(w.limited).waitFor();
    await sound("refused");
    broker.portal.fails = undefined;
    await page.getByRole("button", { name: w.start }).click();
    await page.getByRole("heading", { name: w.waiting }).waitFor();
    await sound("waiting");
    broker.portal.put({ phase: SessionPhase.CHATTING, repName: "Rob Rep", askedUntil: asked() });
    broker.portal.tell("Hello");
    broker.portal.types("Rob Rep", true);
    await by("typing").getByText(w.writing(["Rob Rep"])).waitFor();
    await sound("chat and question");
    await page.getByRole("button", { name: w.get }).click();
    await page.getByRole("heading", { name: w.getBoth }).waitFor();
    await sound("files");
    broker.portal.put({ phase: SessionPhase.ENDED, endedBy: EndedBy.REP });
    await page.getByText(w.endedRep).waitFor();
    await sound("over");
  });
}

test("X14 C6: no brand's colour makes words unreadable", async () => {
  broker.portal.page.accent = "#1a5fb4";
  await talking();
  broker.portal.put({ askedUntil: asked() });
  await by("chat-input").fill("hello");
  await key("Enter");
  await by("message").waitFor();
  for (const brand of ["#ffe600", "#000000", "#ffffff", "#767676", "#ff0000", "#00aa00", "#9040ff"]) {
    await page.evaluate((c) => document.documentElement.style.setProperty("--brand", c), brand);
    await sound(brand);
  }
});

test("X14: German and French have words of their own for everything", async () => {
  const plain = (v: unknown) => (typeof v === "function" ? String((v as (x: unknown) => string)(["x"])) : String(v));
  for (const language of ["de", "fr"]) {
    const same = Object.entries(wordsIn(language)).filter(([k, v]) => plain(v) === plain(wordsIn("en")[k as keyof Words])).map(([k]) => k);
    assert.deepEqual(same, language === "de" ? ["support"] : [], language);
  }
});
