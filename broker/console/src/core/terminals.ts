import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { type TerminalSession, TerminalSwitchState } from "../gen/alongside/wire/v1/elevation_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { errorWords } from "./words.ts";

/** The terminal sessions that a session can be taken to. */
export function otherTerminals(s: Session): readonly TerminalSession[] {
  return s.terminals.filter((t) => !t.shown);
}

export function terminalName(t: Pick<TerminalSession, "user" | "greeter">): string {
  return t.greeter ? "Sign-in screen" : t.user;
}

/** What tells two terminal sessions of one user apart. */
export function terminalHint(t: TerminalSession): string {
  return [t.active && !t.remote ? "in front" : "", t.remote ? "remote" : "", t.locked ? "locked" : "", `session ${t.id}`].filter(Boolean).join(" · ");
}

/** Whether a switch is under way. */
export function moves(s: Session): boolean {
  const m = s.terminalMove;
  return m !== undefined && m.state !== TerminalSwitchState.DONE && m.state !== TerminalSwitchState.REFUSED;
}

/** What a switch has come to since, in words. */
export function moveBetween(before: Session, after: Session): string[] {
  const was = before.terminalMove;
  const is = after.terminalMove;
  if (before.id !== after.id || !is || (was?.count === is.count && was.state === is.state)) return [];
  const who = is.user || "the other terminal session";
  switch (is.state) {
    case TerminalSwitchState.ASKING:
      return [is.by === "" ? `The shown terminal session is gone. ${who} is being asked.` : `${who} is being asked whether you may see their screen.`];
    case TerminalSwitchState.DONE:
      return [`You see the screen of ${who} now.`];
    case TerminalSwitchState.REFUSED:
      return [`Still the same screen: ${is.code === ErrorCode.DENIED_BY_USER ? `${who} said no.` : errorWords(is.code, is.detail)}`];
    default:
      return [];
  }
}
