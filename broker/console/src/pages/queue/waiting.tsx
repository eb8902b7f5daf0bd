import { timestampDate } from "@bufbuild/protobuf/wkt";
import { ago } from "../../core/time.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { useRouter } from "../../ui/frame.tsx";
import { Avatar } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import { Peek } from "./peek.tsx";

/** A session whose owner did not come back: it waits in a team's queue for a new one. */
export function WaitingItem({ session: s, now }: { session: Session; now: Date }) {
  return (
    <li class="item" data-testid="waiting-session" data-session={s.id}>
      <Avatar name={s.deviceName || "?"} />
      <div>
        <b>{s.deviceName}</b>
        <p class="muted">{`in ${s.waitsIn}${s.heldSince ? ` · ${ago(timestampDate(s.heldSince), now)}` : ""}${s.agentConnected ? "" : " · the device is offline"}`}</p>
      </div>
      <Actions session={s} />
    </li>
  );
}

/** A customer on the portal page, who waits for a rep of a team, or for this one. */
export function VisitorItem({ session: s, now }: { session: Session; now: Date }) {
  return (
    <li class="item" data-testid="visitor" data-session={s.id}>
      <Avatar name={s.deviceName || "?"} />
      <div>
        <b>{s.deviceName}</b>
        <p class="muted">{`${s.waitsIn ? `in ${s.waitsIn}` : "with your session key"}${s.startedAt ? ` · ${ago(timestampDate(s.startedAt), now)}` : ""}${s.visit?.pageOpen ? "" : " · the page is closed"}`}</p>
      </div>
      <Actions session={s} />
    </li>
  );
}

function Actions({ session: s }: { session: Session }) {
  return (
    <span class="action">
      <Peek session={s.id} name={s.deviceName}>
        <TakeUp session={s} />
      </Peek>
      <TakeUp session={s} />
    </span>
  );
}

/** The button that makes the rep the owner of a session that has none. */
export function TakeUp({ session: s, wide = false }: { session: Session; wide?: boolean }) {
  const store = useStore();
  const router = useRouter();
  const { run, busy, why } = useCall(async () => {
    await store.callSession(s.id, store.api.sessions.resume({ id: s.id }));
    router.go(`/sessions/${encodeURIComponent(s.id)}`);
  });
  return (
    <span class="action">
      {why && (
        <small class="bad" role="alert">
          {why.text}
        </small>
      )}
      <button type="button" class={`btn primary${wide ? " wide" : ""}`} disabled={busy} aria-label={`Take up the session with ${s.deviceName}`} data-testid="take-up" onClick={() => run()}>
        {busy ? "One moment…" : "Take up"}
      </button>
    </span>
  );
}
