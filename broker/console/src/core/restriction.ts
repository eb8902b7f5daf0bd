import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { errorWords } from "./words.ts";

/** What is held of the customer's own, in words; empty: nothing is. */
export function restrictedNow(s: Session): string {
  const r = s.restriction;
  if (r?.input && r.screen) return "The customer's input is restricted and their screen is dark";
  if (r?.input) return "The customer's input is restricted";
  if (r?.screen) return "The customer's screen is dark";
  return "";
}

/** What became of a restriction since, in words. */
export function restrictionBetween(before: Session, after: Session): string[] {
  const is = after.restriction;
  if (before.id !== after.id || !is || before.restriction?.count === is.count) return [];
  if (is.byCustomer) return ["The customer took control back. Their input and screen are theirs for the rest of the session."];
  const held = before.restriction?.input || before.restriction?.screen;
  const holds = is.input || is.screen;
  if (is.code !== ErrorCode.UNSPECIFIED) {
    const why = errorWords(is.code, is.detail);
    return [held && !holds ? `The customer has their input and screen back: ${why}` : `Not restricted: ${why}`];
  }
  return [holds ? `${restrictedNow(after)}.` : "The customer has their input and screen back."];
}
