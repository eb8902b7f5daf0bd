import { timestampDate } from "@bufbuild/protobuf/wkt";
import { invitedWords } from "../../core/invitation.ts";
import { ago } from "../../core/time.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { Avatar, Notice } from "../../ui/parts.tsx";
import { useNow } from "../context.ts";
import { useCancelInvitation } from "./share-menu.tsx";

/** The invitations that stand, each with the way to take it back. They do not time out (O20). */
export function Invited({ session }: { session: Session }) {
  const now = useNow(15_000);
  const { run, busy, why } = useCancelInvitation();
  if (session.invitations.length === 0) return null;
  return (
    <>
      <h3 class="side-title" id="invited-title">
        Invited
      </h3>
      {why && <Notice tone="bad">{why.text}</Notice>}
      <ul class="list" aria-labelledby="invited-title">
        {session.invitations.map((i) => (
          <li key={i.id} class="person" data-testid="invited-rep">
            <Avatar name={i.toName || "?"} />
            <div class="person-who">
              <b>{i.toName}</b>
              <small>{`${invitedWords(i)}${i.sentAt ? ` · ${ago(timestampDate(i.sentAt), now)}` : ""}`}</small>
            </div>
            <button type="button" class="btn small quiet square-small" disabled={busy} aria-label={`Cancel the invitation to ${i.toName}`} title="Cancel the invitation" data-testid="uninvite" onClick={() => run(i.id)}>
              <Icon name="cross" size={15} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
