import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { participantsOf } from "../../core/participants.ts";
import { ago } from "../../core/time.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Link, useRouter } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useCall, useNow, useStore } from "../context.ts";

/** A session that its owner parked. */
export function Held({ session }: { session: Session }) {
  const now = useNow(15_000);
  const others = participantsOf(session).filter((p) => !p.owner);
  return (
    <>
      <Icon name="clock" size={26} />
      <h1>On hold</h1>
      <p class="muted" role="status">
        {others.length > 0 ? `The session goes on for ${others.map((p) => p.name).join(", ")} at ` : "Nobody sees the screen of "}
        <b>{session.deviceName}</b>. {heldSince(session, now)}.
      </p>
      <HeldActions session={session} />
      <Link to="/queue" class="btn quiet" id="to-queue">
        To the queue
      </Link>
    </>
  );
}

/** How long it has waited, in a few words. */
export function heldSince(session: Session, now: Date): string {
  return session.heldSince ? `Held ${ago(timestampDate(session.heldSince), now)}` : "Held";
}

/** What its owner may do with a session on hold: take it up again, or end it after a question. */
export function HeldActions({ session }: { session: Session }) {
  const store = useStore();
  const router = useRouter();
  const [asking, setAsking] = useState(false);
  const resume = useCall(async () => {
    await store.callSession(session.id, store.api.sessions.resume({ id: session.id }));
    router.go(`/sessions/${encodeURIComponent(session.id)}`);
  });
  const end = useCall(async () => {
    await store.callSession(session.id, store.api.sessions.close({ id: session.id, outcome: "end" }));
  });
  if (session.outcomes.length === 0) return null;
  return (
    <span class="action">
      {resume.why && (
        <small class="bad" role="alert">
          {resume.why.text}
        </small>
      )}
      <button type="button" class="btn primary" disabled={resume.busy || end.busy} aria-label={`Resume ${session.deviceName}`} data-testid="resume" onClick={() => resume.run()}>
        {resume.busy ? "Resuming…" : "Resume"}
      </button>
      <button type="button" class="btn" disabled={resume.busy || end.busy} aria-label={`End ${session.deviceName}…`} data-testid="end-held" onClick={() => setAsking(true)}>
        End…
      </button>
      {asking && (
        <Confirm title={`End the session with ${session.deviceName}?`} action="End" busyAction="Ending…" close={() => setAsking(false)} run={() => end.run()} busy={end.busy} why={end.why} id="end-held">
          It is over for everybody; the person at the device is told that you ended it.
        </Confirm>
      )}
    </span>
  );
}
