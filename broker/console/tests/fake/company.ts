import type { ServerResponse } from "node:http";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import * as col from "../../src/gen/alongside/console/v1/collaboration_pb.ts";
import { type Session, SessionPhase, type WatchResponse } from "../../src/gen/alongside/console/v1/console_pb.ts";
import { type ElevateRequest, ElevationSchema, ElevationService, TerminalMoveSchema } from "../../src/gen/alongside/console/v1/elevation_pb.ts";
import { MachineService, RestartSchema, RestrictionSchema } from "../../src/gen/alongside/console/v1/machine_pb.ts";
import { type Invitation, InvitationSchema, type Participant, ParticipantSchema } from "../../src/gen/alongside/console/v1/participant_pb.ts";
import { type PeekResponse, PeekResponseSchema } from "../../src/gen/alongside/console/v1/peek_pb.ts";
import type { MachineInfo } from "../../src/gen/alongside/wire/v1/machine_pb.ts";
import { FileService, FileState, type FileTransfer, FileTransferSchema } from "../../src/gen/alongside/console/v1/file_pb.ts";
import { FileDirection } from "../../src/gen/alongside/wire/v1/file_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { refuse } from "./office.ts";

/** The rep that the played broker has signed in. */
export const me = { id: "r1", name: "Robin One" };

/** What the company needs of the broker around it. */
export interface House {
  session(id: string): Session;
  put(id: string, change: Partial<Session>): void;
  push(e: WatchResponse["event"]): void;
}

/** Reps on one session: participants, invitations and the control token, by the rules of the API. */
export class Company {
  /** To the rep who is signed in, or to a team of theirs. */
  readonly invitations = new Map<string, Invitation>();
  /** Ids of invitations that another rep of the team accepts a moment before us. */
  readonly taken = new Set<string>();
  targets: col.ShareTargetsResponse = create(col.ShareTargetsResponseSchema);
  targetsFail: ErrorCode | undefined;
  /** What waits, by session; where there is nothing, it does not wait any more. */
  readonly peeks = new Map<string, PeekResponse>();
  peekFail: ErrorCode | undefined;
  slowPeek: Promise<void> = Promise.resolve(); // what an answer to Peek waits for
  machine: MachineInfo | undefined; // what the endpoint says of itself; undefined: nothing
  machineFail: ErrorCode = ErrorCode.UNSUPPORTED_HERE;
  restrictFail: ErrorCode | undefined;
  /** What came as content, by path, and which transfers were cancelled. */
  readonly takenFiles = new Map<string, string>();
  readonly cancelledFiles: string[] = [];
  away = false;
  extended = false;
  used = 0; // how often that was said
  readonly elevations: ElevateRequest[] = [];
  /** What happened to the mask of a recording; and ends it, as a result does. */
  readonly masks: ("on" | "off")[] = [];
  maskFail: ErrorCode | undefined;
  unmask: () => void = () => {};
  readonly #house: House;
  #made = 0;

  constructor(house: House) {
    this.#house = house;
  }

  /** Puts an invitation into the queue of whoever watches. */
  invite(id: string, change: Partial<Invitation> = {}): void {
    const i = Object.assign(create(InvitationSchema, { id, sessionId: "5e551007", deviceName: "ws-0152", from: "Kim Two", to: { case: "repId", value: me.id }, toName: me.name, sentAt: timestampNow() }), change);
    this.invitations.set(id, i);
    this.#house.push({ case: "invitation", value: i });
  }

  /** Lets a session be peeked at. */
  waits(session: string, of: MessageInitShape<typeof PeekResponseSchema>): void {
    this.peeks.set(session, create(PeekResponseSchema, of));
  }

  /** Takes one back, as its sender does. */
  withdraw(id: string): void {
    this.invitations.delete(id);
    this.#house.push({ case: "invitationGone", value: id });
  }

  /** Takes the content of a file. */
  async takeFile(path: string, req: AsyncIterable<Uint8Array>, res: ServerResponse): Promise<void> {
    const all: Uint8Array[] = [];
    for await (const b of req) all.push(b);
    this.takenFiles.set(path, Buffer.concat(all).toString());
    res.writeHead(204);
    res.end();
  }

  async *#mask(signal: AbortSignal) {
    if (this.maskFail !== undefined) throw refuse(Code.FailedPrecondition, this.maskFail);
    this.masks.push("on");
    const over = new Promise<void>((resolve) => {
      this.unmask = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    yield {};
    await over;
    this.masks.push("off");
  }

  filesOf(session: string): readonly FileTransfer[] {
    return this.#house.session(session).files;
  }

  #file(session: string, of: MessageInitShape<typeof FileTransferSchema>): FileTransfer {
    const s = this.#house.session(session);
    const f = create(FileTransferSchema, { id: `f${s.files.length + 1}`, state: FileState.ASKING, byId: me.id, byName: me.name, ...of });
    this.#house.put(s.id, { files: [...s.files, f] });
    return f;
  }

  routes(router: ConnectRouter): void {
    router.service(ElevationService, {
      elevate: (r) => {
        this.elevations.push(r);
        const count = this.elevations.length;
        this.#house.put(r.sessionId, { elevation: create(ElevationSchema, { method: r.method, by: me.name, count, triesLeft: 3 - count }) });
        return {};
      },
      maskRecording: (_, context) => this.#mask(context.signal),
      switchTerminal: (r) => {
        const s = this.#house.session(r.sessionId);
        const t = s.terminals.find((t) => t.id === r.terminalId && !t.shown);
        if (!t) throw refuse(Code.NotFound, ErrorCode.TERMINAL_UNKNOWN);
        this.#house.put(s.id, { terminalMove: create(TerminalMoveSchema, { terminalId: t.id, user: t.user, by: me.name, count: (s.terminalMove?.count ?? 0) + 1 }) });
        return {};
      },
    });
    router.service(MachineService, {
      describe: (r) => {
        this.#house.session(r.sessionId);
        if (!this.machine) throw refuse(Code.FailedPrecondition, this.machineFail);
        return { info: this.machine };
      },
      restart: (r) => {
        const s = this.#house.session(r.sessionId);
        if (!r.confirm) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
        this.#house.put(s.id, { restart: create(RestartSchema, { by: me.name, count: (s.restart?.count ?? 0) + 1 }) });
        return {};
      },
      restrict: (r) => {
        const s = this.#house.session(r.sessionId);
        if (this.restrictFail) throw refuse(Code.FailedPrecondition, this.restrictFail);
        this.#house.put(s.id, { restriction: create(RestrictionSchema, { input: r.input, screen: r.screen, by: me.name, count: (s.restriction?.count ?? 0) + 1 }) });
        return {};
      },
    });
    router.service(FileService, {
      sendFile: (r) => ({ file: this.#file(r.sessionId, { direction: FileDirection.TO_ENDPOINT, name: r.name, size: r.size, sha256: r.sha256 }) }),
      fetchFile: (r) => ({ file: this.#file(r.sessionId, { direction: FileDirection.FROM_ENDPOINT }) }),
      cancelFile: (r) => {
        this.cancelledFiles.push(r.id);
        return {};
      },
    });
    router.service(col.CollaborationService, {
      shareTargets: (r) => {
        this.#owned(r.sessionId);
        if (this.targetsFail !== undefined) throw refuse(Code.FailedPrecondition, this.targetsFail);
        return this.targets;
      },
      invite: (r) => ({ invitation: this.#invite(r) }),
      cancelInvitation: (r) => {
        const [s, i] = this.#standing(r.id);
        this.#house.put(s.id, { invitations: s.invitations.filter((x) => x !== i) });
        return {};
      },
      acceptInvitation: (r) => ({ session: this.#accept(r.id) }),
      declineInvitation: (r) => {
        this.#offered(r.id);
        this.withdraw(r.id);
        return {};
      },
      peek: async (r) => {
        await this.slowPeek;
        if (this.peekFail !== undefined) throw refuse(Code.Unavailable, this.peekFail);
        const p = this.peeks.get(r.sessionId);
        if (!p) throw refuse(Code.NotFound, ErrorCode.NOT_FOUND);
        return p;
      },
      remove: (r) => {
        const s = this.#owned(r.sessionId);
        if (!r.confirm) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
        if (r.repId === s.repId) throw refuse(Code.FailedPrecondition, ErrorCode.FORBIDDEN);
        const held = s.participants.some((p) => p.repId === r.repId && p.control);
        const left = s.participants.filter((p) => p.repId !== r.repId);
        this.#house.put(s.id, { participants: held ? hands(left, s.repId) : left });
        return { session: s };
      },
      giveControl: (r) => {
        const s = this.#house.session(r.sessionId);
        const holds = s.participants.some((p) => p.repId === me.id && p.control);
        if (s.repId !== me.id && !(holds && r.repId === s.repId)) throw refuse(Code.PermissionDenied, ErrorCode.FORBIDDEN_NOT_OWNER);
        if (r.repId !== "" && !s.participants.some((p) => p.repId === r.repId)) throw refuse(Code.FailedPrecondition, ErrorCode.NOT_PARTICIPANT);
        this.#house.put(s.id, { participants: hands(s.participants, r.repId) });
        return { session: s };
      },
      noteUse: () => {
        this.used++;
        return {};
      },
      setAvailability: (r) => {
        this.away = r.away ?? this.away;
        this.extended = r.extended ?? this.extended;
        return { away: this.away, extended: this.extended };
      },
    });
  }

  #owned(id: string): Session {
    const s = this.#house.session(id);
    if (s.repId !== me.id) throw refuse(Code.PermissionDenied, ErrorCode.FORBIDDEN_NOT_OWNER);
    return s;
  }

  #invite(r: col.InviteRequest): Invitation {
    const s = this.#owned(r.sessionId);
    const rep = this.targets.reps.find((x) => r.to.case === "repId" && x.id === r.to.value);
    const known = rep ?? this.targets.teams.find((x) => r.to.case === "teamId" && x.id === r.to.value) ?? s.participants.map((p) => ({ id: p.repId, name: p.name })).find((x) => r.to.case === "repId" && x.id === r.to.value);
    const issue = this.targets.issues.find((x) => r.to.case === "issueId" && x.id === r.to.value);
    if (!known && !issue) throw refuse(Code.NotFound, ErrorCode.NOT_FOUND);
    if (s.invitations.some((i) => i.to.case === "repId" && i.to.value === r.to.value)) throw refuse(Code.AlreadyExists, ErrorCode.DUPLICATE_INVITATION);
    const to = r.to.case === "repId" ? r.to : { case: "teamId" as const, value: issue ? "t9" : String(r.to.value) };
    const i = create(InvitationSchema, { id: `i${++this.#made}`, sessionId: s.id, deviceName: s.deviceName, from: me.name, transfer: r.transfer, to, toName: known?.name ?? "Second line", issue: issue?.name ?? "", sentAt: timestampNow() });
    if (rep) rep.invited = true;
    this.#house.put(s.id, { invitations: [...s.invitations, i] });
    return i;
  }

  #standing(id: string): [Session, Invitation] {
    const s = this.#house.session("5e551000");
    const i = s.invitations.find((x) => x.id === id);
    if (!i) throw refuse(Code.FailedPrecondition, ErrorCode.INVITATION_GONE);
    return [s, i];
  }

  #offered(id: string): Invitation {
    const i = this.invitations.get(id);
    if (!i) throw refuse(Code.FailedPrecondition, ErrorCode.INVITATION_GONE);
    if (this.taken.has(id)) {
      this.withdraw(id);
      throw refuse(Code.FailedPrecondition, ErrorCode.ALREADY_TAKEN);
    }
    return i;
  }

  #accept(id: string): Session {
    const i = this.#offered(id);
    this.withdraw(id);
    const s = this.#house.session(i.sessionId);
    const mine = person(me.id, me.name, { owner: i.transfer, control: i.transfer });
    const others = s.participants.map((p) => (i.transfer ? { ...p, owner: false, control: false } : p));
    this.#house.put(s.id, { participants: i.transfer ? [mine, ...others] : [...others, mine], outcomes: i.transfer ? ["end", "hold"] : ["leave"], ...(i.transfer ? { repId: me.id, repName: me.name } : {}) });
    return s;
  }
}

export function person(repId: string, name: string, over: { owner?: boolean; control?: boolean; external?: boolean } = {}): Participant {
  return create(ParticipantSchema, { repId, name, joinedAt: timestampNow(), ...over });
}

function hands(all: readonly Participant[], holder: string): Participant[] {
  return all.map((p) => ({ ...p, control: p.repId === holder }));
}

/** What a session has when Robin owns it and Kim is in it too. */
export function together(over: Partial<Session> = {}): Partial<Session> {
  return { phase: SessionPhase.ACTIVE, participants: [person(me.id, me.name, { owner: true, control: true }), person("r2", "Kim Two")], ...over };
}

/** The same of a session that Kim owns and Robin is in. */
export function guest(over: Partial<Session> = {}): Partial<Session> {
  return { phase: SessionPhase.ACTIVE, repId: "r2", repName: "Kim Two", participants: [person("r2", "Kim Two", { owner: true, control: true }), person(me.id, me.name)], outcomes: ["leave"], ...over };
}
