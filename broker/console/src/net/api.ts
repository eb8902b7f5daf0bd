import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { AuditService, ErrorDetailSchema, InventoryService, LiveService, SessionService, SignInService } from "../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { errorWords } from "../core/words.ts";

/** The console's API, one client per service. */
export type Api = ReturnType<typeof openApi>;

/** Opens the API of the broker that served this page. signedOut is called when it no longer knows the rep. */
export function openApi(origin: string, signedOut: () => void) {
  const watch: Interceptor = (next) => async (request) => {
    try {
      return await next(request);
    } catch (err) {
      if (ConnectError.from(err).code === Code.Unauthenticated && request.service.typeName !== SignInService.typeName) signedOut();
      throw err;
    }
  };
  return clients(createConnectTransport({ baseUrl: origin, interceptors: [watch] }));
}

function clients(transport: Transport) {
  return {
    signIn: createClient(SignInService, transport),
    inventory: createClient(InventoryService, transport),
    sessions: createClient(SessionService, transport),
    live: createClient(LiveService, transport),
    audit: createClient(AuditService, transport),
  };
}

/** Why a call failed, in words, with the code that tests and people can look up. */
export interface Failure {
  readonly code: ErrorCode;
  readonly field: string;
  readonly text: string;
  readonly unreachable: boolean;
}

export function failure(err: unknown): Failure {
  const e = ConnectError.from(err);
  const detail = e.findDetails(ErrorDetailSchema)[0];
  if (detail) {
    const text = detail.field !== "" && detail.detail !== "" ? detail.detail : errorWords(detail.code, detail.detail);
    return { code: detail.code, field: detail.field, text, unreachable: false };
  }
  const unreachable = e.code === Code.Unavailable || e.code === Code.Unknown;
  const text = unreachable ? "The server cannot be reached." : e.rawMessage || "Something went wrong.";
  return { code: ErrorCode.UNSPECIFIED, field: "", text, unreachable };
}
