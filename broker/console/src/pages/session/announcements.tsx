import { useEffect, useRef, useState } from "preact/hooks";
import { elevationBetween } from "../../core/elevation.ts";
import { changesBetween } from "../../core/participants.ts";
import { restartBetween } from "../../core/machine.ts";
import { restrictionBetween } from "../../core/restriction.ts";
import { moveBetween } from "../../core/terminals.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { useMe, useStore } from "../context.ts";

// Long enough to be read beside other work; the panel keeps what is true.
const standMs = 8000;
const most = 3;

/** What the others in the session just did, said once over the screen. */
export function Announcements({ session }: { session: Session }) {
  const me = useMe();
  const store = useStore();
  const before = useRef(session);
  const [said, setSaid] = useState<readonly { readonly id: number; readonly text: string }[]>([]);
  const next = useRef(0);
  useEffect(() => {
    const fresh = [...changesBetween(before.current, session, me, store.cancelled), ...moveBetween(before.current, session), ...elevationBetween(before.current, session), ...restartBetween(before.current, session), ...restrictionBetween(before.current, session)].map((text) => ({ id: next.current++, text }));
    before.current = session;
    if (fresh.length === 0) return;
    setSaid((all) => [...all, ...fresh].slice(-most));
  }, [session]);
  useEffect(() => {
    if (said.length === 0) return;
    const timer = setTimeout(() => setSaid((all) => all.slice(1)), standMs);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div class="announcements" role="status" data-testid="announcements">
      {said.map((a) => (
        <p key={a.id}>{a.text}</p>
      ))}
    </div>
  );
}
