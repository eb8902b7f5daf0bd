import { afterSignOut, isIn } from "../core/participants.ts";
import { stageOf } from "../core/session.ts";
import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { Foot } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Link } from "../ui/frame.tsx";
import { Notice } from "../ui/parts.tsx";
import { useCall, useStore } from "./context.ts";
import type { Store } from "./store.ts";

/** The sessions that signing out would touch: the rep is in them, or holds them. */
export function touchedBySignOut(store: Store): readonly Session[] {
  const me = store.who.value;
  return typeof me === "object" ? [...store.sessions.value.values()].filter((s) => stageOf(s.phase) !== "over" && isIn(s, me.id)) : [];
}

/** Asks before somebody signs out of open sessions, and says what becomes of each. */
export function SignOut({ sessions, close }: { sessions: readonly Session[]; close: () => void }) {
  const store = useStore();
  const me = store.who.value;
  const { run, busy, why } = useCall(() => store.signOut());
  const demanded = why?.code === ErrorCode.SESSIONS_OPEN;
  return (
    <Dialog title={sessions.length === 0 ? "Sign out?" : sessions.length === 1 ? "Sign out with an open session?" : `Sign out with ${sessions.length} open sessions?`} close={close} id="sign-out-dialog">
      {why && <Notice tone="bad">{`You are still signed in. ${why.text}`}</Notice>}
      {sessions.length === 0 && <p class="muted">All your sessions are closed.</p>}
      <ul class="list fates" aria-label="What becomes of your sessions">
        {sessions.map((s) => (
          <li key={s.id} data-testid="fate">
            <Link to={`/sessions/${encodeURIComponent(s.id)}`}>
              <b>{s.deviceName}</b>
            </Link>
            {demanded ? <Ways session={s} /> : <p class="muted">{afterSignOut(s, typeof me === "object" ? me.id : "")}</p>}
          </li>
        ))}
      </ul>
      <Foot>
        <button type="button" class="btn quiet" onClick={close}>
          Stay
        </button>
        <button type="button" class="btn danger solid" disabled={busy} data-testid="sign-out-confirm" onClick={() => run()}>
          {busy ? "Signing out…" : "Sign out"}
        </button>
      </Foot>
    </Dialog>
  );
}

const ways: Readonly<Record<string, string>> = { end: "End it", leave: "Leave it", cancel: "Take it back" };

/** The ways of closing a session before one signs out; to hold it would leave it open. */
function Ways({ session: s }: { session: Session }) {
  const store = useStore();
  const { run, busy, why } = useCall(async (outcome: string) => {
    if (outcome === "leave") await store.leave(s.id);
    else await store.callSession(s.id, store.api.sessions.close({ id: s.id, outcome }));
  });
  return (
    <p class="ways">
      {s.outcomes
        .filter((o) => ways[o] !== undefined)
        .map((o) => (
          <button key={o} type="button" class="btn small" disabled={busy} data-testid={`way-${o}`} aria-label={`${ways[o]}: ${s.deviceName}`} onClick={() => run(o)}>
            {ways[o]}
          </button>
        ))}
      {why && (
        <small class="bad" role="alert">
          {why.text}
        </small>
      )}
    </p>
  );
}
