import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";

const passing: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.UNSPECIFIED,
  ErrorCode.BUSY,
  ErrorCode.SHUTTING_DOWN,
  ErrorCode.INTERNAL,
  ErrorCode.TICKET_INVALID, // a new one is asked for
  ErrorCode.VIEWER_TOO_SLOW,
  ErrorCode.DEVICE_OFFLINE,
  ErrorCode.RATE_LIMITED,
]);

/** Whether a viewer refused with this code may try again by itself. */
export function mayRetry(code: ErrorCode): boolean {
  return passing.has(code);
}
