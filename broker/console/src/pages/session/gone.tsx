import { ownerOf } from "../../core/participants.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useStore } from "../context.ts";
import { TakeUp } from "../queue/waiting.tsx";
import type { Gone as Lost } from "../store.ts";

/** A session that goes on without this rep: why, and the ways on. */
export function Gone({ gone }: { gone: Lost }) {
  const guest = useStore().guest.value;
  const s = gone.session;
  const owner = s && ownerOf(s);
  return (
    <>
      <div class={`verdict${gone.left ? "" : " bad"}`} aria-hidden="true">
        <Icon name={gone.left ? "out" : "cross"} size={26} />
      </div>
      <h1 data-testid="outcome">{gone.left ? "You left the session" : "You are not in this session any more"}</h1>
      <p class="muted" role="status" data-testid="outcome-text">
        {gone.left ? "It goes on for the others." : guest ? "Its owner put it on hold or took you out." : `${owner ? `${owner.name} owns it and` : "Its owner"} removed you, or you left it in another window.`} You come back with {guest ? "another link" : "a new invitation"}.
      </p>
      {s && (
        <p class="muted">
          <small>{s.deviceName}</small>
        </p>
      )}
      <Ways />
    </>
  );
}

/** A session that others are in. */
export function NotIn({ session }: { session: Session }) {
  const store = useStore();
  const owner = ownerOf(session);
  return (
    <>
      <div class="verdict" aria-hidden="true">
        <Icon name="people" size={26} />
      </div>
      <h1>You are not in this session</h1>
      <p class="muted" role="status" data-testid="outcome-text">
        {owner ? `${owner.name} owns the session with ` : "Nobody owns the session with "}
        <b>{session.deviceName}</b>
        {owner ? ". You come in with an invitation." : ` at the moment${session.waitsIn ? `; it waits in ${session.waitsIn}` : ""}.`}
      </p>
      {session.waitsIn && <TakeUp session={session} wide />}
      <Ways primary={!session.waitsIn} />
      {store.may("audit.read") && (
        <Link to={`/audit?session=${encodeURIComponent(session.id)}`} class="btn quiet">
          Details in the audit log
        </Link>
      )}
    </>
  );
}

function Ways({ primary = true }: { primary?: boolean }) {
  if (useStore().guest.value) return null;
  return (
    <div class="stack">
      <Link to="/queue" class={`btn wide${primary ? " primary" : ""}`} id="to-queue">
        To the queue
      </Link>
      <Link to="/inventory" class="btn wide" id="back-to-inventory">
        Back to the inventory
      </Link>
    </div>
  );
}
