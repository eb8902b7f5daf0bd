import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { ErrorDetailSchema } from "../../src/gen/alongside/console/v1/console_pb.ts";
import * as mail from "../../src/gen/alongside/console/v1/mail_pb.ts";
import * as rec from "../../src/gen/alongside/console/v1/recording_pb.ts";
import * as req from "../../src/gen/alongside/console/v1/request_pb.ts";
import * as set from "../../src/gen/alongside/console/v1/settings_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";

export function refuse(code: Code, error: ErrorCode, field = "", detail = ""): ConnectError {
  return new ConnectError("refused", code, undefined, [{ desc: ErrorDetailSchema, value: { code: error, field, detail } }]);
}

/** What the played broker knows beside devices and sessions: requests, scopes, mail and recordings. */
export class Office {
  readonly requests = new Map<string, req.SupportRequest>();
  scopes: set.Scope[] = [];
  version = 1n;
  catalogue: set.Setting[] = [];
  explain: set.ExplainResponse = create(set.ExplainResponseSchema, { allowed: true, rule: { kind: "scope", scopeName: "All devices", setting: "remote_support" } });
  summary: set.SummaryResponse = create(set.SummaryResponseSchema, { devices: 5, online: 4, requests: 1, sessions: 0, endedToday: 7 });
  /** Ids of requests that another admin decides a moment before us. */
  readonly taken = new Set<string>();
  mail = create(mail.MailSettingsSchema, { host: "mail.example.org", port: 587, security: "starttls", from: "support@example.org", passwordSet: true });
  mailPassword = "";
  mailedTo = "";
  recordings: rec.Recording[] = [];
  segments: { info: rec.Segment; content: Uint8Array }[] = [];
  marks: rec.Mark[] = [];
  recipients: rec.Recipient[] = [];
  readonly readSegments: number[] = [];
  contentOf: (index: number) => Uint8Array = (index) => this.segments.find((s) => s.info.index === index)!.content;
  changed: (r: req.SupportRequest) => void = () => {};

  routes(router: ConnectRouter, decide: (r: req.SupportRequest, viewOnly: boolean) => string, proved: () => void): void {
    this.#requests(router, decide, proved);
    this.#settings(router);
    this.#mail(router);
    this.#recordings(router, proved);
  }

  #request(id: string): req.SupportRequest {
    const r = this.requests.get(id)!;
    if (this.taken.has(id)) {
      Object.assign(r, { phase: req.RequestPhase.DENIED, decidedBy: "Kim Two", decision: "not today" });
      throw refuse(Code.FailedPrecondition, ErrorCode.ALREADY_DECIDED);
    }
    if (r.phase !== req.RequestPhase.PENDING) throw refuse(Code.FailedPrecondition, ErrorCode.ALREADY_DECIDED);
    return r;
  }

  #requests(router: ConnectRouter, decide: (r: req.SupportRequest, viewOnly: boolean) => string, proved: () => void): void {
    router.service(req.RequestService, {
      listRequests: (q) => ({ requests: [...this.requests.values()].filter((r) => q.view === "" || this.viewOf(r.deviceId).includes(q.view)) }),
      approve: (q) => {
        proved();
        const r = this.#request(q.id);
        Object.assign(r, { phase: req.RequestPhase.APPROVED, decidedBy: "Robin One", sessionId: decide(r, q.viewOnly) });
        this.changed(r);
        return { request: r };
      },
      deny: (q) => {
        const r = this.#request(q.id);
        Object.assign(r, { phase: req.RequestPhase.DENIED, decidedBy: "Robin One", decision: q.reason });
        this.changed(r);
        return { request: r };
      },
    });
  }

  viewOf: (device: string) => readonly string[] = () => [];

  #settings(router: ConnectRouter): void {
    const expect = (version: bigint) => {
      if (version !== this.version) throw refuse(Code.Aborted, ErrorCode.CONFLICT);
      this.version++;
    };
    router.service(set.SettingsService, {
      listScopes: () => ({ scopes: this.scopes, version: this.version }),
      saveScope: (q) => {
        const s = q.scope!;
        if (s.name === "") throw refuse(Code.InvalidArgument, ErrorCode.MALFORMED, "name", "A scope needs a name.");
        expect(s.version);
        if (s.id === "") this.scopes.push(Object.assign(s, { id: `s${this.scopes.length + 1}` }));
        else this.scopes = this.scopes.map((x) => (x.id === s.id ? s : x));
        return { scope: s, version: this.version };
      },
      deleteScope: (q) => {
        if (!q.confirm) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
        expect(q.version);
        this.scopes = this.scopes.filter((s) => s.id !== q.id);
        return { version: this.version };
      },
      orderScopes: (q) => {
        expect(q.version);
        this.scopes = q.ids.map((id) => this.scopes.find((s) => s.id === id)!);
        return { version: this.version };
      },
      catalogue: () => ({ settings: this.catalogue }),
      explain: () => this.explain,
      summary: () => this.summary,
    });
  }

  #mail(router: ConnectRouter): void {
    router.service(mail.MailService, {
      getMail: () => ({ settings: this.mail, lastError: "" }),
      saveMail: (q) => {
        this.mail = Object.assign(q.settings!, { passwordSet: this.mail.passwordSet || q.password !== undefined });
        if (q.password !== undefined) this.mailPassword = q.password;
        return { settings: this.mail };
      },
      testMail: (q) => {
        this.mailedTo = q.to;
        return {};
      },
    });
  }

  #recordings(router: ConnectRouter, proved: () => void): void {
    const confirmed = (c: boolean) => {
      if (!c) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
    };
    router.service(rec.RecordingService, {
      listRecordings: (q) => ({ recordings: this.recordings.filter((r) => q.sessionId === "" || r.sessionId === q.sessionId) }),
      openRecording: (q) => {
        proved();
        return { recording: this.recordings.find((r) => r.id === q.id)!, segments: this.segments.map((s) => s.info), marks: this.marks };
      },
      readSegment: (q) => this.#read(q.index),
      deleteRecording: (q) => {
        confirmed(q.confirm);
        this.recordings = this.recordings.filter((r) => r.id !== q.id);
        return {};
      },
      listRecipients: () => ({ recipients: this.recipients }),
      addRecipient: (q) => {
        const r = create(rec.RecipientSchema, { id: `k${this.recipients.length}`, name: q.name, key: q.key, addedAt: timestampNow() });
        this.recipients.push(r);
        return { recipient: r };
      },
      retireRecipient: (q) => {
        confirmed(q.confirm);
        for (const r of this.recipients) if (r.id === q.id) r.retired = true;
        return {};
      },
    });
  }

  async *#read(index: number) {
    this.readSegments.push(index);
    const all = this.contentOf(index);
    const half = Math.floor(all.length / 2);
    for (const content of [all.slice(0, half), all.slice(half)]) yield create(rec.ReadSegmentResponseSchema, { content });
  }
}
