import type { PortalFailure } from "../net/portal.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import type { Words } from "./words.ts";

/** Why something did not work, in words for a customer. */
export function failureWords(f: PortalFailure, w: Words): string {
  if (f.unreachable) return w.unreachable;
  switch (f.code) {
    case ErrorCode.SESSION_KEY_INVALID:
      return w.badKey;
    case ErrorCode.RATE_LIMITED:
      return w.limited;
    case ErrorCode.BUSY:
      return w.busy;
    case ErrorCode.PORTAL_CLOSED:
      return w.closed;
    case ErrorCode.CLIENT_UNAVAILABLE:
      return w.none;
    default:
      return w.failed;
  }
}
