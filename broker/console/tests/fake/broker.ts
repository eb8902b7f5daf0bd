import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, createConnectRouter } from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import { readFile } from "node:fs/promises";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { SetTypingRequest } from "../../src/gen/alongside/console/v1/chat_pb.ts";
import * as api from "../../src/gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { type Chat, ChatSchema } from "../../src/gen/alongside/wire/v1/session_pb.ts";
import { FakeAgent } from "./agent.ts";
import { Buttons } from "./buttons.ts";
import { Company, me } from "./company.ts";
import { Guests } from "./guests.ts";
import { Jumps } from "./jumps.ts";
import { Objects } from "./objects.ts";
import { Office, refuse } from "./office.ts";
import { People } from "./people.ts";
import { Portal } from "./portal.ts";
import { ServerSocket } from "./websocket.ts";

type Watch = api.WatchResponse["event"];

/** A scripted broker: the console's API with canned answers, and the built pages under the real policies. */
export class FakeBroker {
  readonly devices = new Map<string, api.Device>();
  readonly sessions = new Map<string, api.Session>();
  records: api.AuditRecord[] = [];
  signedIn = true;
  setupNeeded = false;
  closedSessions = false; // signing out demands them
  admin = true;
  stalled = false; // lists never answer
  slowGet: Promise<void> = Promise.resolve(); // what an answer to Get waits for
  readonly details = new Map<string, Pick<api.Device, "policy" | "update">>(); // in answers to GetDevice
  readonly agent = new FakeAgent();
  readonly office = new Office();
  readonly objects = new Objects();
  readonly jumps = new Jumps();
  readonly people = new People();
  readonly company = new Company({ session: (id) => this.#session(id), put: (id, change) => this.putSession(id, change), push: (e) => this.push(e) });
  readonly guests = new Guests({ session: (id) => this.#session(id), put: (id, change) => this.putSession(id, change) });
  readonly buttons = new Buttons((id) => this.#session(id), (e) => this.push(e));
  readonly portal = new Portal((e) => this.push(e));
  mfa: api.MfaNeed = api.MfaNeed.NONE; // of half a sign-in
  oidcName = "";
  permissions: string[] = [];
  frozen = false; // nothing is answered any more, and no connection breaks
  tokens: api.EnrollmentToken[] = [];
  lastExport: api.ExportRequest | undefined;
  chat: Chat[] = []; // in answers to Get
  readonly said: Chat[] = []; // by SendChat
  readonly typed: SetTypingRequest[] = [];
  url = "";
  readonly calls: string[] = [];
  readonly #watchers = new Set<(e: Watch) => void>();
  readonly #server: Server;
  readonly #upgraded = new Set<Duplex>();
  readonly #handlers = new Map<string, (r: Request) => Promise<Response>>();

  constructor() {
    for (const h of this.#router().handlers) this.#handlers.set(h.requestPath, createFetchHandler(h));
    this.#server = createServer((req, res) => {
      this.#serve(req, res).catch((err: unknown) => {
        if (!res.headersSent) res.writeHead(500);
        res.end(String(err));
      });
    });
    this.#server.on("upgrade", (req, stream) => {
      this.#upgraded.add(stream);
      stream.on("close", () => this.#upgraded.delete(stream));
      if (req.url === "/viewer/ws") this.agent.accept(new ServerSocket(req, stream));
      else stream.destroy();
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    for (const s of this.#upgraded) s.destroy(); // which closeAllConnections leaves out, and close waits for
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Pushes to everyone who watches. */
  push(e: Watch): void {
    for (const w of this.#watchers) w(e);
  }

  putSession(id: string, change: Partial<api.Session>): void {
    const s = Object.assign(this.sessions.get(id) ?? create(api.SessionSchema, { id }), change);
    this.sessions.set(id, s);
    this.push({ case: "session", value: s });
  }

  /** Takes the rep who is signed in out of a session. */
  dropSession(id: string): void {
    this.sessions.delete(id);
    this.push({ case: "sessionGone", value: id });
  }

  putDevice(d: api.Device): void {
    this.devices.set(d.id, d);
    this.push({ case: "device", value: d });
  }

  #rep() {
    return create(api.RepSchema, { id: me.id, name: "rep.one", displayName: me.name, admin: this.admin, permissions: this.permissions });
  }

  #begin(deviceId: string, path: string, viewOnly: boolean): string {
    const d = this.devices.get(deviceId)!;
    const actions = [create(api.ActionSchema, { id: "end", enabled: true })];
    this.putSession("5e551000", { deviceId, deviceName: d.info?.hostname ?? "", repId: me.id, repName: me.name, phase: api.SessionPhase.AWAITING_CONSENT, control: !viewOnly, path, agentConnected: true, startedAt: timestampNow(), actions, outcomes: ["end", "hold"] });
    return "5e551000";
  }

  #session(id: string): api.Session {
    const s = this.sessions.get(id);
    if (!s) throw refuse(Code.NotFound, ErrorCode.NOT_FOUND);
    return s;
  }

  #router() {
    const guard = () => {
      if (!this.signedIn) throw refuse(Code.Unauthenticated, ErrorCode.NOT_SIGNED_IN);
    };
    const router = createConnectRouter();
    this.office.viewOf = (id) => this.devices.get(id)?.views ?? [];
    this.office.changed = (r) => this.push({ case: "request", value: r });
    this.office.routes(router, (r, viewOnly) => this.#begin(r.deviceId, "request", viewOnly), this.people.proved);
    this.objects.routes(router);
    this.jumps.changed = () => this.push({ case: "changed", value: "jump" });
    this.jumps.routes(router, (deviceId) => this.#session(this.#begin(deviceId, "jump", false)));
    this.company.routes(router);
    this.guests.routes(router);
    this.buttons.routes(router);
    this.portal.routes(router);
    this.people.routes(router, () => {
      this.signedIn = true;
      this.mfa = api.MfaNeed.NONE;
    });
    return router
      .service(api.SignInService, {
        state: () => ({ setupNeeded: this.setupNeeded, organisation: "Example Org", mfa: this.mfa, oidcName: this.oidcName, ...(this.signedIn ? { rep: this.#rep() } : {}) }),
        signIn: (r) => {
          if (r.password !== "correct horse") throw refuse(Code.Unauthenticated, ErrorCode.SIGN_IN_FAILED);
          if (this.mfa !== api.MfaNeed.NONE) return { mfa: this.mfa };
          this.signedIn = true;
          return { rep: this.#rep() };
        },
        setup: () => {
          this.setupNeeded = false;
          this.signedIn = true;
          return { rep: this.#rep() };
        },
        signOut: () => {
          if (this.closedSessions && [...this.sessions.values()].some((s) => s.outcomes.length > 0)) throw refuse(Code.FailedPrecondition, ErrorCode.SESSIONS_OPEN);
          this.signedIn = false;
          this.mfa = api.MfaNeed.NONE;
          return { messageId: "signed_out" };
        },
      })
      .service(api.InventoryService, {
        getDevice: (r) => ({ device: { ...this.devices.get(r.id)!, ...this.details.get(r.id) } }),
        listDevices: () => ({ devices: [...this.devices.values()] }),
        updateDevice: (r) => {
          const d = this.devices.get(r.id)!;
          this.putDevice(Object.assign(d, { ...(r.group === undefined ? {} : { group: r.group }), ...(r.tags ? { tags: r.tags.tags } : {}), ...(r.entitled === undefined ? {} : { entitled: r.entitled }), ...(r.approve ? { pending: false } : {}) }));
          return { device: d };
        },
        listEnrollmentTokens: () => ({ tokens: this.tokens }),
        revokeEnrollmentToken: (r) => {
          for (const t of this.tokens) if (t.id === r.id) t.revoked = true;
          return {};
        },
        createEnrollmentToken: () => ({ bundle: '{"broker":"support.example.org:443","pins":["sha256/q1M0w8dT"],"token":"kZ4v0Q"}\n', expiresAt: timestampNow() }),
      })
      .service(api.SessionService, {
        start: (r) => {
          guard();
          this.people.proved();
          return { session: this.#session(this.#begin(r.deviceId, r.path, r.viewOnly)) };
        },
        get: async (r) => {
          const session = clone(api.SessionSchema, this.#session(r.id));
          await this.slowGet;
          return { session, chat: this.chat };
        },
        attach: () => ({ ticket: "ticket", websocketUrl: "/viewer/ws" }),
        end: (r) => {
          const over = this.#session(r.id).phase === api.SessionPhase.ACTIVE;
          this.putSession(r.id, { phase: over ? api.SessionPhase.ENDED : api.SessionPhase.CANCELLED, endedBy: 2 });
          return { session: this.#session(r.id) };
        },
        close: (r) => {
          const s = this.#session(r.id);
          if (!s.outcomes.includes(r.outcome)) throw refuse(Code.FailedPrecondition, r.outcome === "" ? ErrorCode.CONFIRMATION_REQUIRED : ErrorCode.FORBIDDEN);
          if (r.outcome === "leave") {
            this.dropSession(r.id);
            return { session: s };
          }
          if (r.outcome === "hold") this.putSession(r.id, { phase: api.SessionPhase.HELD, heldSince: timestampNow(), outcomes: ["end"] });
          else this.putSession(r.id, { phase: api.SessionPhase.ENDED, endedBy: 2, outcomes: [] });
          return { session: this.#session(r.id) };
        },
        resume: (r) => {
          const s = this.#session(r.id);
          delete s.heldSince;
          if (s.waitsIn !== "") Object.assign(s, { waitsIn: "", repId: me.id, repName: me.name, participants: [] });
          this.putSession(r.id, { phase: api.SessionPhase.ACTIVE, outcomes: ["end", "hold"] });
          return { session: s };
        },
        terminate: (r) => {
          this.putSession(r.id, { phase: api.SessionPhase.ENDED, endedBy: 3 });
          return { session: this.#session(r.id) };
        },
        sendChat: (r) => {
          const chat = create(ChatSchema, { seq: BigInt(90 + this.said.length), from: me.name, repId: me.id, text: r.text, channel: r.channel, atUnixMs: BigInt(Date.now()) });
          this.said.push(chat);
          return { chat };
        },
        setTyping: (r) => {
          this.typed.push(r);
          return {};
        },
      })
      .service(api.LiveService, { watch: (_, c) => this.#watch(guard, c.signal) })
      .service(api.AuditService, {
        listAudit: async (r) => {
          if (this.stalled) await new Promise(() => {});
          const f = r.filter;
          const found = this.records.filter((x) => (r.sessionId === "" || x.sessionId === r.sessionId) && x.action.startsWith(f?.action ?? "") && (!f?.result || (f.result === "ok") === (x.result === "ok")) && `${x.action} ${x.actorName} ${x.objectName}`.includes(r.query));
          return { records: found, more: false };
        },
        export: (r) => this.#export(r),
      });
  }

  async *#export(r: api.ExportRequest) {
    this.people.proved();
    this.lastExport = r;
    yield create(api.ExportResponseSchema, { content: Buffer.from(r.format === api.ExportFormat.CSV ? "seq,action\n" : '{"seq":1}\n') });
    yield create(api.ExportResponseSchema, { content: Buffer.from(r.format === api.ExportFormat.CSV ? "1,session.start\n" : '{"seq":2}\n') });
  }

  async *#watch(guard: () => void, signal: AbortSignal) {
    guard();
    const queue: Watch[] = [];
    if (!this.stalled) queue.push({ case: "snapshot", value: create(api.SnapshotSchema, { devices: [...this.devices.values()], sessions: [...this.sessions.values()], requests: [...this.office.requests.values()], invitations: [...this.company.invitations.values()] }) });
    let wake = () => {};
    const add = (e: Watch) => {
      queue.push(e);
      wake();
    };
    this.#watchers.add(add);
    signal.addEventListener("abort", () => wake());
    try {
      while (!signal.aborted) {
        for (let e = queue.shift(); e; e = queue.shift()) yield create(api.WatchResponseSchema, { event: e });
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(add);
    }
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = new URL(req.url ?? "/", this.url).pathname;
    this.calls.push(path);
    if (this.frozen) return;
    const handler = this.#handlers.get(path);
    if (!handler && req.method === "POST" && path.startsWith("/files/")) return this.company.takeFile(path, req, res);
    if (!handler) return serveFile(path, res);
    const life = new AbortController();
    res.on("close", () => life.abort());
    const body = await new Response(req as unknown as ReadableStream).arrayBuffer();
    const answer = await handler(new Request(this.url + path, { method: "POST", headers: req.headers as Record<string, string>, body, signal: life.signal }));
    res.writeHead(answer.status, Object.fromEntries(answer.headers));
    res.flushHeaders();
    if (answer.body) for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) res.write(chunk);
    res.end();
  }
}

const types: Record<string, string> = { js: "text/javascript", css: "text/css", svg: "image/svg+xml", wasm: "application/wasm", html: "text/html", txt: "text/plain" };

async function serveFile(path: string, res: ServerResponse): Promise<void> {
  const file = path.startsWith("/assets/") ? path.slice(1) : path === "/portal" ? "portal.html" : "index.html";
  const go = await readFile("console.go", "utf8");
  const name = file === "assets/worker.js" ? "WorkerPolicy" : "PagePolicy";
  // The policy as the broker sends it: the Go constant's string literals.
  const constant = go.slice(go.indexOf(`${name} =`)).match(/^\w+ += ((?:"[^"]*"\s*\+?\s*)+)/)?.[1] ?? "";
  const policy = [...constant.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join("");
  if (!policy.includes("default-src 'none'")) throw new Error(`no ${name} in console.go`);
  res.writeHead(200, { "content-type": types[file.split(".").at(-1) ?? ""] ?? "text/plain", "content-security-policy": policy, "x-content-type-options": "nosniff" });
  res.end(await readFile(`dist/${file}`));
}
