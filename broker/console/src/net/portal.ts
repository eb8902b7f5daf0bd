import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { ErrorDetailSchema } from "../gen/alongside/console/v1/console_pb.ts";
import { PortalService } from "../gen/alongside/console/v1/portal_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";

/** The public page's calls, and no others. */
export type PortalApi = ReturnType<typeof openPortal>;

export function openPortal(origin: string) {
  return createClient(PortalService, createConnectTransport({ baseUrl: origin }));
}

/** Why a call of the public page failed; its words are the page's. */
export interface PortalFailure {
  readonly code: ErrorCode;
  readonly unreachable: boolean;
}

export function portalFailure(err: unknown): PortalFailure {
  const e = ConnectError.from(err);
  const detail = e.findDetails(ErrorDetailSchema)[0];
  return detail ? { code: detail.code, unreachable: false } : { code: ErrorCode.UNSPECIFIED, unreachable: e.code === Code.Unavailable || e.code === Code.Unknown };
}
