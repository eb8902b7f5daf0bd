import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { TakeUp } from "../queue/waiting.tsx";

/** A customer on the portal page who waits for a rep. */
export function Visitor({ session, mine }: { session: Session; mine: boolean }) {
  return (
    <>
      <div class="verdict" aria-hidden="true">
        <Icon name="chat" size={26} />
      </div>
      <h1>{`${session.deviceName} waits`}</h1>
      <p class="muted" role="status">
        {mine ? "They came with your session key." : session.waitsIn ? `They wait in ${session.waitsIn} on the portal page.` : `They wait for ${session.repName}.`}
      </p>
      {(mine || session.waitsIn !== "") && <TakeUp session={session} wide />}
      <Link to="/queue" class="btn wide" id="to-queue">
        To the queue
      </Link>
    </>
  );
}
