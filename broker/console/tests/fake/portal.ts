import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { SessionPhase, type WatchResponse } from "../../src/gen/alongside/console/v1/console_pb.ts";
import * as pb from "../../src/gen/alongside/console/v1/portal_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { type Chat, ChatSchema } from "../../src/gen/alongside/wire/v1/session_pb.ts";
import { refuse } from "./office.ts";

type Event = pb.WatchChatResponse["event"];

/** The portal: one customer's chat, and what reps and administrators do about it. */
export class Portal {
  readonly page = create(pb.DescribePortalResponseSchema, {
    organisation: "Example Org",
    title: "Example help",
    greeting: "Welcome.\nWe are here from 8 to 18.",
    issues: [{ id: "i1", name: "Printing" }],
    queues: [{ id: "u1", name: "Something else" }],
  });
  state = create(pb.VisitStateSchema, { phase: SessionPhase.WAITING });
  readonly said: Chat[] = [];
  readonly begun: pb.BeginChatRequest[] = [];
  readonly receipts: pb.AcknowledgeChatRequest[] = [];
  readonly typed: boolean[] = [];
  clients = [client("linux", "amd64"), client("windows", "amd64")];
  /** Why customers' calls are refused; undefined: they are not. */
  fails: ErrorCode | undefined;
  known = true; // the visitor's token
  settings = create(pb.PortalSettingsSchema, { open: true, title: "Example help", issues: ["i1"] });
  saved: pb.SavePortalRequest | undefined;
  wrong: { readonly field: string; readonly detail: string } | undefined;
  keys: pb.SessionKey[] = [];
  readonly #watchers = new Set<(e: Event | "cut") => void>();
  readonly #push: (e: WatchResponse["event"]) => void;

  constructor(push: (e: WatchResponse["event"]) => void) {
    this.#push = push;
  }

  put(change: Partial<pb.VisitState>): void {
    this.state = Object.assign(create(pb.VisitStateSchema, this.state), change);
    this.#tell({ case: "state", value: this.state });
  }

  tell(text: string, from = "Rob Rep"): void {
    this.#say(create(ChatSchema, { from, text }));
  }

  types(name: string, typing: boolean): void {
    this.#tell({ case: "typing", value: create(pb.VisitTypingSchema, { name, typing }) });
  }

  /** Breaks every stream. */
  cut(): void {
    this.#tell("cut");
  }

  #tell(e: Event | "cut"): void {
    for (const w of this.#watchers) w(e);
  }

  #say(m: Chat): Chat {
    Object.assign(m, { seq: BigInt(this.said.length + 1), atUnixMs: BigInt(Date.now()) });
    this.said.push(m);
    this.#tell({ case: "chat", value: m });
    return m;
  }

  #may(): void {
    if (this.fails !== undefined) throw refuse(Code.FailedPrecondition, this.fails);
    if (!this.known) throw refuse(Code.NotFound, ErrorCode.SESSION_UNKNOWN);
  }

  routes(router: ConnectRouter): void {
    router.service(pb.PortalService, {
      describePortal: () => this.page,
      beginChat: (r) => {
        this.begun.push(r);
        this.#may();
        return { token: "visit" };
      },
      watchChat: (_, c) => this.#watch(c.signal),
      sayChat: (r) => {
        this.#may();
        return { chat: this.#say(create(ChatSchema, { from: "Cora", fromCustomer: true, text: r.text })) };
      },
      acknowledgeChat: (r) => {
        this.receipts.push(r);
        return {};
      },
      typeChat: (r) => {
        this.typed.push(r.typing);
        return {};
      },
      declineClient: () => {
        delete this.state.askedUntil;
        this.put({});
        return {};
      },
      fetchClient: () => {
        this.#may();
        return { bundle: "{}\n", bundleName: "support-0a1b2c3d4e5f.alongside", expiresAt: soon(), clients: this.clients };
      },
      leaveChat: () => {
        this.put({ phase: SessionPhase.ENDED, endedBy: 1 });
        return {};
      },
    });
    this.#desk(router);
  }

  #desk(router: ConnectRouter): void {
    router.service(pb.PortalDeskService, {
      createSessionKey: (r) => {
        const key = create(pb.SessionKeySchema, { id: `k${this.keys.length + 1}`, note: r.note, expiresAt: timestampFromDate(new Date(Date.now() + r.validS * 1000)) });
        this.keys = [...this.keys, key];
        return { key, code: "ABCD-EFGH", link: "https://support.example.org/portal#ABCD-EFGH" };
      },
      listSessionKeys: () => ({ keys: this.keys }),
      revokeSessionKey: (r) => {
        this.keys = this.keys.filter((k) => k.id !== r.id);
        return {};
      },
      getPortal: () => ({ settings: this.settings, address: "https://support.example.org/portal", issues: this.page.issues, queues: this.page.queues }),
      savePortal: (r) => {
        if (this.wrong) throw refuse(Code.InvalidArgument, ErrorCode.MALFORMED, this.wrong.field, this.wrong.detail);
        this.saved = r;
        this.settings = create(pb.PortalSettingsSchema, { ...r.settings!, hasLogo: r.logo ? r.logo.length > 0 : this.settings.hasLogo });
        this.#push({ case: "changed", value: "portal" });
        return { settings: this.settings };
      },
    });
  }

  async *#watch(signal: AbortSignal) {
    if (!this.known) throw refuse(Code.NotFound, ErrorCode.SESSION_UNKNOWN);
    const queue: (Event | "cut")[] = [{ case: "state", value: this.state }, ...this.said.map((value) => ({ case: "chat", value }) as const)];
    let wake = () => {};
    const add = (e: Event | "cut") => {
      queue.push(e);
      wake();
    };
    this.#watchers.add(add);
    signal.addEventListener("abort", () => wake());
    try {
      while (!signal.aborted) {
        for (let e = queue.shift(); e; e = queue.shift()) {
          if (e === "cut") throw refuse(Code.Unavailable, ErrorCode.UNSPECIFIED);
          yield create(pb.WatchChatResponseSchema, { event: e });
          if (e.case === "state" && e.value.phase === SessionPhase.ENDED) return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(add);
    }
  }
}

function soon() {
  return timestampFromDate(new Date(Date.now() + 15 * 60_000));
}

function client(os: string, arch: string): pb.ClientFile {
  const name = os === "windows" ? "alongside.exe" : "alongside";
  return create(pb.ClientFileSchema, { os, arch, name, path: `/portal/client/${os}-${arch}`, size: 9_300_000n, sha256: `${os}-${arch}-`.padEnd(64, "0a") });
}

/** When a question for the client lapses. */
export const asked = soon;
