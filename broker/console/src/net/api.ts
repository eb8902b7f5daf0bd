import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { AccountService, MfaService } from "../gen/alongside/console/v1/account_pb.ts";
import { ButtonService } from "../gen/alongside/console/v1/button_pb.ts";
import { CollaborationService } from "../gen/alongside/console/v1/collaboration_pb.ts";
import { AuditService, ErrorDetailSchema, InventoryService, LiveService, SessionService, SignInService } from "../gen/alongside/console/v1/console_pb.ts";
import { ElevationService } from "../gen/alongside/console/v1/elevation_pb.ts";
import { FileService } from "../gen/alongside/console/v1/file_pb.ts";
import { ConfigService } from "../gen/alongside/console/v1/directory_pb.ts";
import { GuestService } from "../gen/alongside/console/v1/guest_pb.ts";
import { PortalDeskService } from "../gen/alongside/console/v1/portal_pb.ts";
import { JumpService } from "../gen/alongside/console/v1/jump_pb.ts";
import { MachineService } from "../gen/alongside/console/v1/machine_pb.ts";
import { MailService } from "../gen/alongside/console/v1/mail_pb.ts";
import { RecordingService } from "../gen/alongside/console/v1/recording_pb.ts";
import { RequestService } from "../gen/alongside/console/v1/request_pb.ts";
import { SettingsService } from "../gen/alongside/console/v1/settings_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { errorWords } from "../core/words.ts";

/** The console's API, one client per service. */
export type Api = ReturnType<typeof openApi>;

/** What the page does when a call needs more than it brought. */
export interface Asks {
  /** The broker no longer knows the rep. */
  signedOut(): void;
  /** A second factor has to be shown; true: it was, and the call is made again. */
  prove(code: ErrorCode): Promise<boolean>;
}

// The calls that make a proof cannot ask for one.
const provers = new Set(["Challenge", "Prove"]);

/** Opens the API of the broker that served this page. */
export function openApi(origin: string, asks: Asks) {
  const watch: Interceptor = (next) => async (request) => {
    try {
      return await next(request);
    } catch (err) {
      const out = ConnectError.from(err).code === Code.Unauthenticated && !wantsProof(failure(err).code);
      if (out && request.service.typeName !== SignInService.typeName) asks.signedOut();
      throw err;
    }
  };
  const proof: Interceptor = (next) => async (request) => {
    try {
      return await next(request);
    } catch (err) {
      const { code } = failure(err);
      if (request.stream || provers.has(request.method.name) || !wantsProof(code) || !(await asks.prove(code))) throw err;
      return next(request);
    }
  };
  return clients(createConnectTransport({ baseUrl: origin, interceptors: [watch, proof] }));
}

function clients(transport: Transport) {
  return {
    signIn: createClient(SignInService, transport),
    mfa: createClient(MfaService, transport),
    accounts: createClient(AccountService, transport),
    inventory: createClient(InventoryService, transport),
    requests: createClient(RequestService, transport),
    sessions: createClient(SessionService, transport),
    collaboration: createClient(CollaborationService, transport),
    guests: createClient(GuestService, transport),
    buttons: createClient(ButtonService, transport),
    settings: createClient(SettingsService, transport),
    recordings: createClient(RecordingService, transport),
    config: createClient(ConfigService, transport),
    jumps: createClient(JumpService, transport),
    mail: createClient(MailService, transport),
    portal: createClient(PortalDeskService, transport),
    live: createClient(LiveService, transport),
    audit: createClient(AuditService, transport),
    elevation: createClient(ElevationService, transport),
    machine: createClient(MachineService, transport),
    files: createClient(FileService, transport),
  };
}

/** Whether a refusal goes away by showing a second factor. */
export function wantsProof(code: ErrorCode): boolean {
  return code === ErrorCode.MFA_REQUIRED || code === ErrorCode.MFA_STALE;
}

/** Why a call failed, in words, with the code that tests and people can look up. */
export interface Failure {
  readonly code: ErrorCode;
  readonly field: string;
  readonly text: string;
  /** What the broker said about this very case. */
  readonly detail?: string;
  readonly unreachable: boolean;
}

export function failure(err: unknown): Failure {
  const e = ConnectError.from(err);
  const detail = e.findDetails(ErrorDetailSchema)[0];
  if (detail) {
    const text = detail.field !== "" && detail.detail !== "" ? detail.detail : errorWords(detail.code, detail.detail);
    return { code: detail.code, field: detail.field, text, detail: detail.detail, unreachable: false };
  }
  const unreachable = e.code === Code.Unavailable || e.code === Code.Unknown;
  const text = unreachable ? "The server cannot be reached." : e.rawMessage || "Something went wrong.";
  return { code: ErrorCode.UNSPECIFIED, field: "", text, unreachable };
}
