import { useEffect } from "preact/hooks";
import { hex } from "../../core/hex.ts";
import { isIn, stageFor } from "../../core/participants.ts";
import { outcome, phaseName, stageOf } from "../../core/session.ts";
import { type Session, SessionPhase } from "../../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Brand, Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Failed, Notice } from "../../ui/parts.tsx";
import { useStartSession } from "./actions.tsx";
import { useCall, useLoad, useMe, useStore } from "../context.ts";
import { Gone, NotIn } from "./gone.tsx";
import { ChatSession } from "./chat-session.tsx";
import { Held } from "./held.tsx";
import { LiveSession } from "./session-live.tsx";
import { Visitor } from "./visitor.tsx";

/** A session from the question to its end. */
export function SessionPage({ id }: { id: string }) {
  const store = useStore();
  const loaded = useLoad(async (signal) => {
    const r = await store.callSession(id, store.api.sessions.get({ id }, { signal }));
    store.chats.take(id, r.chat.filter((c) => hex(c.session) === id || c.session.length === 0));
    return r.session;
  }, id);
  const me = useMe();
  const gone = store.gone.value.get(id);
  const session = store.sessions.value.get(id) ?? (gone ? undefined : loaded.value);
  // It may be over for everybody: then its end says why.
  useEffect(() => {
    if (gone && !gone.left) loaded.reload();
  }, [gone]);
  // What the live stream missed while it was down is read again.
  const live = store.live.value;
  useEffect(() => {
    if (live && session) loaded.reload();
  }, [live]);

  if (gone && !(session && stageOf(session.phase) === "over")) {
    return (
      <Gate phase="gone">
        <Gone gone={gone} />
      </Gate>
    );
  }
  if (!session) {
    return (
      <Gate phase={loaded.why ? "failed" : "loading"}>
        {loaded.why ? <Failed why={loaded.why} retry={loaded.reload} /> : <div class="pulse" role="status" aria-label="Loading the session" />}
        {loaded.why && <BackToInventory />}
      </Gate>
    );
  }
  const stage = stageFor(session, me);
  if ((stage === "live" || stage === "held" || stage === "chat") && !isIn(session, me)) {
    return (
      <Gate phase="not_in">
        <NotIn session={session} />
      </Gate>
    );
  }
  switch (stage) {
    case "visit":
      return (
        <Gate phase={phaseName(session.phase)}>
          <Visitor session={session} mine={session.repId === me} />
        </Gate>
      );
    case "chat":
      return <ChatSession session={session} />;
    case "live":
      return <LiveSession session={session} />;
    case "held":
      return (
        <Gate phase={phaseName(session.phase)}>
          <Held session={session} />
        </Gate>
      );
    case "over":
      return <Over session={session} />;
    case "waiting":
      return <Waiting session={session} />;
  }
}

function Gate({ phase, children }: { phase: string; children: preact.ComponentChildren }) {
  return (
    <main class="gate" data-testid="session" data-phase={phase}>
      <section class="gate-card centred">
        <Brand />
        {children}
      </section>
    </main>
  );
}

function BackToInventory({ primary = false }: { primary?: boolean }) {
  if (useStore().guest.value) return null;
  return (
    <Link to="/inventory" class={`btn wide${primary ? " primary" : ""}`} id="back-to-inventory">
      Back to the inventory
    </Link>
  );
}

function Waiting({ session }: { session: Session }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.callSession(session.id, store.api.sessions.end({ id: session.id }));
  });
  const asked = session.phase === SessionPhase.AWAITING_CONSENT;
  return (
    <Gate phase={phaseName(session.phase)}>
      <div class="asking" aria-hidden="true">
        <i />
        <i />
        <span>
          <Icon name="person" size={26} />
        </span>
      </div>
      <h1>{asked ? "Waiting for a yes" : "Reaching the device"}</h1>
      <p class="muted" role="status">
        {asked ? "The person at " : "Asking "}
        <b>{session.deviceName}</b>
        {asked ? " is being asked whether you may see the screen." : " for the session."}
      </p>
      {why && <Notice tone="bad">{why.text}</Notice>}
      <button type="button" class="btn wide" disabled={busy} data-testid="cancel" onClick={() => run()}>
        {busy ? "Cancelling…" : "Cancel"}
      </button>
    </Gate>
  );
}

function Over({ session }: { session: Session }) {
  const me = useMe();
  const { title, text } = outcome(session, me);
  const refused = session.phase === SessionPhase.DENIED || session.phase === SessionPhase.EXPIRED;
  const again = useStartSession();
  return (
    <Gate phase={phaseName(session.phase)}>
      <div class={`verdict ${refused ? "bad" : ""}`} aria-hidden="true">
        <Icon name={session.code === ErrorCode.CONSENT_TIMEOUT ? "clock" : refused ? "cross" : "power"} size={26} />
      </div>
      <h1 data-testid="outcome">{title}</h1>
      <p class="muted" role="status" data-testid="outcome-text">
        {text}
      </p>
      <p class="muted">
        <small>{session.deviceName}</small>
      </p>
      {again.why && <Notice tone="bad">{again.why.text}</Notice>}
      <div class="stack">
        <BackToInventory primary />
        {session.repId === me && !session.visit && <button type="button" class="btn wide" disabled={again.busy} data-testid="ask-again" onClick={() => again.run(session.deviceId, session.path === "device" ? "device" : "inventory", !session.control)}>
          {again.busy ? "Asking…" : "Ask again"}
        </button>}
      </div>
    </Gate>
  );
}
