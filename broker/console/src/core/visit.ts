import { type Session, SessionPhase } from "../gen/alongside/console/v1/console_pb.ts";

/** Whether a session is a chat with the portal page and nothing else. */
export function isChatOnly(s: Session): boolean {
  return s.visit?.chatOnly === true && (s.phase === SessionPhase.CHATTING || s.phase === SessionPhase.AWAITING_CONSENT);
}

/** How long a question stands, in words. */
export function minutesLeft(until: Date, now: Date): string {
  const left = Math.max(0, Math.ceil((until.getTime() - now.getTime()) / 60_000));
  if (left <= 1) return "The question stands for less than a minute.";
  return `The question stands for ${left} minutes.`;
}
