import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test as nodeTest } from "node:test";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { type Browser, type Page, chromium } from "playwright-core";
import { SessionPhase } from "../src/gen/alongside/console/v1/console_pb.ts";
import { FakeBroker } from "./fake/broker.ts";
import { audit, inventory } from "./fake/data.ts";

// What every test of pages begins with: a played broker, a browser, and a page
// that may neither throw nor break the policy.

// How long what never happens is waited for: far longer than anything takes on a busy machine.
const patience = 60_000;
// Thirty times what the longest test takes on a quiet machine: one that hangs ends, and is named.
const limit = { timeout: 180_000 };
export const test = (name: string, f: () => Promise<void>) => nodeTest(name, limit, f);

// The browser without windows is the same engine and does half the work.
const headless = "/usr/lib/chromium/chromium-headless-shell";
const installed = existsSync(headless) ? headless : "/usr/bin/chromium";

const shots = process.env["SHOTS"] ?? "";
export let browser: Browser;
export let broker: FakeBroker;
export let page: Page;
let complaints: string[];

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? installed,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}, limit);
after(() => browser?.close(), limit);

beforeEach(async () => {
  broker = new FakeBroker();
  await broker.start();
  for (const d of inventory()) broker.devices.set(d.id, d);
  broker.records = audit();
  complaints = [];
  await open({});
}, limit);
afterEach(async () => {
  await page.context().close();
  await broker.close();
  // No page may break the policy or throw, whatever it shows.
  assert.deepEqual(complaints, []);
}, limit);

export async function open(options: Parameters<Browser["newContext"]>[0]): Promise<void> {
  await page?.context().close();
  page = await (await browser.newContext({ viewport: { width: 1360, height: 800 }, ...options })).newPage();
  page.setDefaultTimeout(patience);
  page.on("pageerror", (e) => complaints.push(e.message));
  page.on("console", (m) => {
    if (m.type() === "error" && !/Failed to load resource|net::ERR|WebSocket/.test(m.text())) complaints.push(m.text());
  });
  page.on("request", (r) => {
    if (!r.url().startsWith(broker.url) && !r.url().startsWith("blob:")) complaints.push(`foreign request: ${r.url()}`);
  });
}

export const by = (id: string) => page.getByTestId(id);

export async function shot(name: string): Promise<void> {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.screenshot({ path: `${shots}/${name}-${scheme}.png` });
  }
  const size = page.viewportSize() ?? { width: 1360, height: 800 };
  await page.setViewportSize({ width: 420, height: 780 });
  await page.screenshot({ path: `${shots}/${name}-narrow.png` });
  await page.setViewportSize(size);
}

/** Starts a session on ws-0147 and lets it begin with this screen. */
export async function live(...screen: Uint8Array[]): Promise<void> {
  broker.agent.screen = screen;
  await page.goto(`${broker.url}/inventory`);
  await page.locator("[data-hostname=ws-0147]").getByTestId("support").click();
  await page.locator("[data-phase=awaiting_consent]").waitFor();
  broker.putSession("5e551000", { phase: SessionPhase.ACTIVE });
  await page.locator("[data-phase=active][data-link=open]").waitFor();
}

/** Waits until the viewer has shown so many updates. */
export async function shown(n: number): Promise<void> {
  await page.waitForFunction((want) => (document.querySelector("alongside-viewer") as unknown as { shown: number }).shown >= want, n);
}

export async function snapshot(): Promise<{ width: number; height: number; pixels: number[] }> {
  return page.evaluate(async () => {
    const v = document.querySelector("alongside-viewer") as unknown as { snapshot(): Promise<{ width: number; height: number; pixels: Uint8ClampedArray }> };
    const s = await v.snapshot();
    return { width: s.width, height: s.height, pixels: Array.from(s.pixels) };
  });
}

export async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + patience; !condition(); ) {
    if (Date.now() > end) assert.fail(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
