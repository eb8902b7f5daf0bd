import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import type { Participant } from "../gen/alongside/console/v1/participant_pb.ts";
import { stageOf, type Stage } from "./session.ts";
import { isChatOnly } from "./visit.ts";

/** A rep in a session. */
export type Person = Pick<Participant, "repId" | "name" | "owner" | "control" | "external" | "joinedAt" | "policy" | "lookOnly">;

/** Who is in a session, the owner first. One that names nobody has its owner alone. */
export function participantsOf(s: Session): readonly Person[] {
  if (s.participants.length > 0 || s.repId === "") return s.participants;
  const owner = { repId: s.repId, name: s.repName, owner: true, control: true, external: false, policy: "", lookOnly: false };
  return [s.startedAt ? { ...owner, joinedAt: s.startedAt } : owner];
}

export function isIn(s: Session, rep: string): boolean {
  return participantsOf(s).some((p) => p.repId === rep);
}

export function ownerOf(s: Session): Person | undefined {
  return participantsOf(s).find((p) => p.owner);
}

/** Who holds the control token; undefined: nobody. */
export function holderOf(s: Session): Person | undefined {
  return participantsOf(s).find((p) => p.control);
}

/** What a session is for one rep: a hold parks its owner only, while others are in it. */
export function stageFor(s: Session, rep: string): Stage {
  const stage = stageOf(s.phase);
  if (isChatOnly(s)) return "chat";
  if (stage === "over" || stage === "waiting" || stage === "visit" || stage === "chat") return stage;
  const parked = stage === "held" || s.heldSince !== undefined;
  const others = participantsOf(s).some((p) => !p.owner);
  if (!parked) return "live";
  return others && s.repId !== rep && isIn(s, rep) ? "live" : "held";
}

/** Whose keyboard and mouse reach the device, as one rep is told. */
export type Hand = "own" | "other" | "nobody" | "none";

/** "none": the person at the device agreed to looking only. */
export function handOf(s: Session, rep: string): Hand {
  if (!s.control) return "none";
  const holder = holderOf(s);
  if (!holder) return "nobody";
  return holder.repId === rep ? "own" : "other";
}

/** What was done by others, in words. cancelled are the invitations that were taken back here: all else that vanishes from a rep was declined. */
export function changesBetween(before: Session, after: Session, me: string, cancelled: ReadonlySet<string> = new Set()): string[] {
  if (before.id !== after.id || stageOf(after.phase) !== "live") return [];
  const was = new Map(participantsOf(before).map((p) => [p.repId, p]));
  const is = new Map(participantsOf(after).map((p) => [p.repId, p]));
  const said: string[] = [];
  for (const p of is.values()) if (!was.has(p.repId) && p.repId !== me) said.push(`${p.name} joined.`);
  for (const p of was.values()) if (!is.has(p.repId) && p.repId !== me) said.push(`${p.name} is not in the session any more.`);
  const owner = ownerOf(after);
  if (owner && owner.repId === me && owner.repId === ownerOf(before)?.repId) {
    const stands = new Set(after.invitations.map((i) => i.id));
    for (const i of before.invitations) {
      const to = i.to.case === "repId" ? i.to.value : "";
      const came = is.has(to) && !i.transfer;
      const went = was.has(to) && !is.has(to);
      if (to !== "" && !stands.has(i.id) && !cancelled.has(i.id) && !came && !went) said.push(i.guest ? `The time of the link for ${i.toName} is over.` : `${i.toName} declined the invitation.`);
    }
  }
  if (owner && owner.repId !== ownerOf(before)?.repId) said.push(owner.repId === me ? "You own the session now." : `${owner.name} owns the session now.`);
  const holder = holderOf(after);
  if (after.control && holder?.repId !== holderOf(before)?.repId) {
    if (!holder) said.push("Nobody controls now.");
    else said.push(holder.repId === me ? "You control now." : `${holder.name} controls now.`);
  }
  return said;
}

/** What becomes of a session when this rep signs out. */
export function afterSignOut(s: Session, me: string): string {
  if (s.repId !== me) return "It goes on for the others.";
  if (stageOf(s.phase) === "visit") return "The customer goes on waiting for you.";
  if (stageOf(s.phase) === "waiting") return "The person at the device is still being asked.";
  const heir = participantsOf(s).find((p) => !p.owner && !p.external);
  if (heir) return `If you are not back within a minute, ${heir.name} owns it.`;
  return "If you are not back within a minute, it waits in a team's queue for a new owner, or ends where there is none.";
}
