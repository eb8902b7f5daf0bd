import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import type { Elevation } from "../gen/alongside/console/v1/elevation_pb.ts";
import { ElevationMethod, ElevationState } from "../gen/alongside/wire/v1/elevation_pb.ts";
import { errorWords } from "./words.ts";

/** Whether a try to elevate is under way. */
export function elevates(e: Elevation | undefined): boolean {
  return e !== undefined && e.state !== ElevationState.DONE && e.state !== ElevationState.REFUSED;
}

/** What a try to elevate has come to since, in words. */
export function elevationBetween(before: Session, after: Session): string[] {
  const was = before.elevation;
  const is = after.elevation;
  if (before.id !== after.id || !is || (was?.count === is.count && was.state === is.state)) return [];
  switch (is.state) {
    case ElevationState.CONSENT:
      return ["The customer is being asked whether you may have administrative rights."];
    case ElevationState.MOVING:
      return ["The client is starting again with more rights."];
    case ElevationState.ASKING:
      return is.method === ElevationMethod.PROMPT_CUSTOMER ? ["The device asks the customer for an administrator's password."] : [];
    case ElevationState.DONE:
      return ["The client has administrative rights now."];
    case ElevationState.REFUSED:
      return [`No administrative rights: ${errorWords(is.code, is.detail)}`];
    default:
      return [];
  }
}

/** How many tries are left, in words. */
export function triesLeft(e: Elevation | undefined): string {
  if (!e || e.triesLeft === 0) return "";
  return e.triesLeft === 1 ? "One try is left in this session." : `${e.triesLeft} tries are left in this session.`;
}
