import { timestampMs } from "@bufbuild/protobuf/wkt";
import { stageFor } from "../../core/participants.ts";
import { stageOf } from "../../core/session.ts";
import { type Session, SessionPhase } from "../../gen/alongside/console/v1/console_pb.ts";
import { RequestPhase, type SupportRequest } from "../../gen/alongside/console/v1/request_pb.ts";
import type { Invitation } from "../../gen/alongside/console/v1/participant_pb.ts";
import type { Store } from "../store.ts";

/** What waits for a rep, each kind with the longest waiting first. */
export interface Queued {
  readonly invitations: readonly Invitation[];
  readonly requests: readonly SupportRequest[];
  readonly visitors: readonly Session[];
  readonly waiting: readonly Session[];
  readonly held: readonly Session[];
}

export function queueOf(store: Store): Queued {
  const me = store.who.value;
  const sent = (i: Invitation) => (i.sentAt ? timestampMs(i.sentAt) : 0);
  const since = (s: Session) => (s.heldSince ? timestampMs(s.heldSince) : 0);
  const begun = (s: Session) => (s.startedAt ? timestampMs(s.startedAt) : 0);
  const asked = (r: SupportRequest) => (r.at ? timestampMs(r.at) : 0);
  const all = [...store.sessions.value.values()].sort((a, b) => since(a) - since(b));
  return {
    invitations: [...store.invitations.value.values()].sort((a, b) => sent(a) - sent(b)),
    requests: [...store.requests.value.values()].filter((r) => r.waitsForMe && r.phase === RequestPhase.PENDING).sort((a, b) => asked(a) - asked(b)),
    visitors: all.filter((s) => s.phase === SessionPhase.WAITING && (s.waitsIn !== "" || (typeof me === "object" && s.repId === me.id))).sort((a, b) => begun(a) - begun(b)),
    waiting: all.filter((s) => s.waitsIn !== "" && s.phase !== SessionPhase.WAITING && stageOf(s.phase) !== "over"),
    held: all.filter((s) => typeof me === "object" && s.repId === me.id && stageFor(s, me.id) === "held"),
  };
}
