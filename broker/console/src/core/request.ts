import { RequestPhase } from "../gen/alongside/console/v1/request_pb.ts";

const names: Readonly<Record<RequestPhase, string>> = {
  [RequestPhase.UNSPECIFIED]: "unknown",
  [RequestPhase.PENDING]: "pending",
  [RequestPhase.APPROVED]: "approved",
  [RequestPhase.DENIED]: "denied",
  [RequestPhase.CANCELLED]: "cancelled",
  [RequestPhase.EXPIRED]: "expired",
  [RequestPhase.DONE]: "done",
};

/** The stable name of a request's phase. */
export function requestPhaseName(phase: RequestPhase): string {
  return (names as Readonly<Record<number, string>>)[phase] ?? "unknown";
}

/** What became of a request, in a sentence. */
export function requestOutcome(phase: RequestPhase, by: string, said: string): string {
  const words = said === "" ? "" : `: “${said}”`;
  switch (phase) {
    case RequestPhase.APPROVED:
      return `Approved${by ? ` by ${by}` : ""}; the person is asked now`;
    case RequestPhase.DENIED:
      return by === "end_user" ? "The person at the device said no after the approval" : `Denied${by ? ` by ${by}` : ""}${words}`;
    case RequestPhase.CANCELLED:
      return "Taken back by the person who asked";
    case RequestPhase.EXPIRED:
      return "Nobody decided in time";
    case RequestPhase.DONE:
      return `Approved${by ? ` by ${by}` : ""}; it became a session`;
    default:
      return "";
  }
}
