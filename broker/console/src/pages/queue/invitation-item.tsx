import { timestampDate } from "@bufbuild/protobuf/wkt";
import { invitationSmall, invitationWords } from "../../core/invitation.ts";
import { ago } from "../../core/time.ts";
import type { Invitation } from "../../gen/alongside/console/v1/participant_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { failure } from "../../net/api.ts";
import { useRouter } from "../../ui/frame.tsx";
import { Avatar } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import { Peek } from "./peek.tsx";

// An answer with one of these came too late: the invitation is not there any more.
const tooLate: ReadonlySet<ErrorCode> = new Set([ErrorCode.ALREADY_TAKEN, ErrorCode.INVITATION_GONE, ErrorCode.SESSION_UNKNOWN]);

/** An invitation to the rep or to a team of theirs, with the answers. */
export function InvitationItem({ invitation: i, now, late }: { invitation: Invitation; now: Date; late: (words: string) => void }) {
  const store = useStore();
  const router = useRouter();
  const answering = async (answer: () => Promise<unknown>) => {
    try {
      await answer();
    } catch (err) {
      const why = failure(err);
      if (!tooLate.has(why.code)) throw err;
      late(why.text);
      store.dropInvitation(i.id);
      return;
    }
    store.dropInvitation(i.id);
  };
  const accept = useCall(() =>
    answering(async () => {
      await store.callSession(i.sessionId, store.api.collaboration.acceptInvitation({ id: i.id }));
      router.go(`/sessions/${encodeURIComponent(i.sessionId)}`);
    }),
  );
  const decline = useCall(() => answering(() => store.api.collaboration.declineInvitation({ id: i.id })));
  const busy = accept.busy || decline.busy;
  const why = accept.why ?? decline.why;
  const small = invitationSmall(i);
  const problem = why && (
    <small class="bad" role="alert">
      {why.text}
    </small>
  );
  const take = (
    <button type="button" class="btn primary" disabled={busy} aria-label={`${i.transfer ? "Take over" : "Join"} the session with ${i.deviceName}`} data-testid="accept-invitation" onClick={() => accept.run()}>
      {accept.busy ? "One moment…" : i.transfer ? "Take over" : "Join"}
    </button>
  );
  return (
    <li class="item" data-testid="invitation" data-invitation={i.id}>
      <Avatar name={i.from || "?"} />
      <div>
        <b>{i.from}</b> {invitationWords(i)} <b>{i.deviceName}</b>
        <p class="muted">
          {small && `${small} · `}
          {i.sentAt && (
            <time dateTime={timestampDate(i.sentAt).toISOString()} title={timestampDate(i.sentAt).toLocaleString()}>
              {ago(timestampDate(i.sentAt), now)}
            </time>
          )}
        </p>
        {problem}
      </div>
      <span class="action">
        <Peek session={i.sessionId} name={i.deviceName}>
          {problem}
          {take}
        </Peek>
        <button type="button" class="btn" disabled={busy} aria-label={`Decline the invitation of ${i.from}`} data-testid="decline-invitation" onClick={() => decline.run()}>
          {decline.busy ? "Declining…" : "Decline"}
        </button>
        {take}
      </span>
    </li>
  );
}
