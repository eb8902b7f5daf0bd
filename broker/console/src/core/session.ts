import { type Session, SessionPhase } from "../gen/alongside/console/v1/console_pb.ts";
import { EndedBy, ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { endedWords, errorWords } from "./words.ts";

/** The things a session page can be. */
export type Stage = "waiting" | "visit" | "chat" | "live" | "held" | "over";

export function stageOf(phase: SessionPhase): Stage {
  switch (phase) {
    case SessionPhase.ACTIVE:
      return "live";
    case SessionPhase.HELD:
      return "held";
    case SessionPhase.WAITING:
      return "visit";
    case SessionPhase.CHATTING:
      return "chat";
    case SessionPhase.ENDED:
    case SessionPhase.DENIED:
    case SessionPhase.EXPIRED:
    case SessionPhase.CANCELLED:
      return "over";
    default:
      return "waiting";
  }
}

const names: Readonly<Record<SessionPhase, string>> = {
  [SessionPhase.UNSPECIFIED]: "unknown",
  [SessionPhase.REQUESTED]: "requested",
  [SessionPhase.APPROVED]: "approved",
  [SessionPhase.AWAITING_CONSENT]: "awaiting_consent",
  [SessionPhase.ACTIVE]: "active",
  [SessionPhase.HELD]: "held",
  [SessionPhase.ENDED]: "ended",
  [SessionPhase.DENIED]: "denied",
  [SessionPhase.EXPIRED]: "expired",
  [SessionPhase.CANCELLED]: "cancelled",
  [SessionPhase.WAITING]: "waiting",
  [SessionPhase.CHATTING]: "chatting",
};

/** The stable name of a phase, as pages show it to tests. */
export function phaseName(phase: SessionPhase): string {
  return (names as Readonly<Record<number, string>>)[phase] ?? "unknown";
}

/** What a session that is over says: a title, and a sentence when there is more to tell. */
export function outcome(s: Session, me: string): { title: string; text: string } {
  const told = s.code === ErrorCode.UNSPECIFIED ? "" : errorWords(s.code, s.detail);
  switch (s.phase) {
    case SessionPhase.DENIED:
      if (s.code === ErrorCode.CONSENT_TIMEOUT) return { title: "No answer", text: told };
      if (s.code === ErrorCode.DENIED_BY_USER || told === "") return { title: "Denied", text: errorWords(ErrorCode.DENIED_BY_USER) };
      return { title: "Not possible", text: told };
    case SessionPhase.EXPIRED:
      return { title: "No answer", text: told || errorWords(ErrorCode.CONSENT_TIMEOUT) };
    case SessionPhase.CANCELLED:
      return { title: "Cancelled", text: errorWords(ErrorCode.CANCELLED) };
    default:
      return { title: "Session ended", text: [endedWords(s.endedBy, enderName(s, me)), told].filter(Boolean).join(" ") };
  }
}

/** Who ended it by name, unless it was the one who reads it. */
function enderName(s: Session, me: string): string {
  if (s.endedBy === EndedBy.REP) return s.repId === me ? "" : s.endedByName || s.repName;
  return s.endedBy === EndedBy.ADMIN ? s.endedByName : "";
}
