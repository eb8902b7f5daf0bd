import type { Invitation } from "../gen/alongside/console/v1/participant_pb.ts";

/** What an invitation is about, behind its sender's name. */
export function invitationWords(i: Invitation): string {
  if (i.transfer) return `offers ${i.to.case === "teamId" ? "ownership" : "you the ownership"} of the session with`;
  return i.issue ? "asks for help with" : "asks you to join the session with";
}

/** Under which issue, and to whom, as far as it is not the reader alone. */
export function invitationSmall(i: Invitation): string {
  return [i.issue && `Issue: ${i.issue}`, i.to.case === "teamId" && `to any representative of ${i.toName}`].filter(Boolean).join(" · ");
}

/** What stands, in its sender's words: whom, and to what. */
export function invitedWords(i: Invitation): string {
  if (i.guest) return [`external · ${i.guest.policy}`, i.guest.description].filter(Boolean).join(" · ");
  const whom = i.to.case === "teamId" ? "any representative" : "";
  return [whom, i.issue, i.transfer && "ownership offered"].filter(Boolean).join(" · ") || "asked to join";
}
