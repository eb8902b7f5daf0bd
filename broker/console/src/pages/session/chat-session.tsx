import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import { phaseName } from "../../core/session.ts";
import { minutesLeft } from "../../core/visit.ts";
import { type Session, SessionPhase } from "../../gen/alongside/console/v1/console_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { Notice } from "../../ui/parts.tsx";
import { useCall, useNow, useStore } from "../context.ts";
import { Chat } from "./chat.tsx";
import { CloseSession } from "./session-close.tsx";

/** A chat with a customer on the portal page, who has nothing installed: nothing but chat is possible (C6). */
export function ChatSession({ session }: { session: Session }) {
  const store = useStore();
  const messages = store.chats.of(session.id);
  const [closing, setClosing] = useState(false);
  useEffect(() => store.chats.read(session.id), [messages.length]);
  // The button in the centre and the one on top are one command (V1).
  const client = useCall(async () => {
    await store.callSession(session.id, store.api.portal.runClient({ sessionId: session.id }));
  });
  const may = session.actions.find((a) => a.id === "run_client");
  const off = useCall(async () => {
    await store.callSession(session.id, store.api.sessions.close({ id: session.id, outcome: "end" }));
  });
  const there = session.visit?.pageOpen ?? false;
  return (
    <div class="session with-side chat-only" data-testid="session" data-phase={phaseName(session.phase)}>
      <header class="bar" aria-label="Session" data-testid="bar">
        <button type="button" class="btn quiet square" aria-label="Close the session…" title="Close the session…" data-testid="close-session" onClick={() => setClosing(true)}>
          <Icon name="cross" />
        </button>
        <div class="bar-who">
          <b>{session.deviceName}</b>
          <small data-testid="page-open">{there || session.phase === SessionPhase.AWAITING_CONSENT ? "Chat only" : "Chat only · the page is closed"}</small>
        </div>
        <span class="grow" />
        {off.why && (
          <small class="bad" role="alert">
            {off.why.text}
          </small>
        )}
        {may && (
          <button type="button" class="btn" disabled={!may.enabled || client.busy} data-testid="elevate" onClick={() => client.run()}>
            <Icon name="up" />
            Elevate
          </button>
        )}
        <button type="button" class="btn danger" aria-label="Off: end the session" data-testid="off" disabled={off.busy} onClick={() => off.run()}>
          <Icon name="power" />
          {off.busy ? "Ending…" : "Off"}
        </button>
      </header>
      <main class="chat-centre">
        <section class="chat-card" aria-live="polite">
          <State session={session} run={may?.enabled ? () => client.run() : undefined} busy={client.busy} />
          {client.why && <Notice tone="bad" id="run-client-why">{client.why.text}</Notice>}
        </section>
      </main>
      <aside class="side" aria-label="Chat" data-testid="chat">
        <header class="side-head">
          <h2 class="side-title">Chat</h2>
        </header>
        <div class="side-panel">
          <Chat session={session} messages={messages} />
        </div>
      </aside>
      {closing && <CloseSession session={session} close={() => setClosing(false)} />}
    </div>
  );
}

/** What stands between the chat and the screen, and the next step. */
function State({ session: s, run, busy }: { session: Session; run: (() => void) | undefined; busy: boolean }) {
  const now = useNow(5_000);
  const until = s.visit?.askedUntil;
  if (s.phase === SessionPhase.AWAITING_CONSENT) {
    return (
      <>
        <Asking />
        <h1>Waiting for a yes</h1>
        <p class="muted" role="status">
          The client runs. <b>{s.deviceName}</b> is being asked whether you may see the screen.
        </p>
      </>
    );
  }
  if (until) {
    return (
      <>
        <Asking />
        <h1>Waiting for the client</h1>
        <p class="muted" role="status" data-testid="client-asked">
          <b>{s.deviceName}</b> is asked to download and run the client. {minutesLeft(timestampDate(until), now)}
        </p>
        {run && (
          <button type="button" class="btn" disabled={busy} data-testid="run-client" onClick={run}>
            {busy ? "Asking…" : "Ask again"}
          </button>
        )}
      </>
    );
  }
  return (
    <>
      <span class="chat-mark" aria-hidden="true">
        <Icon name="chat" size={26} />
      </span>
      <h1>Chat only</h1>
      <p class="muted">
        <b>{s.deviceName}</b> has nothing installed. To see the screen, ask for the client: it is downloaded, asks before it shows anything, and removes itself at the end of the session.
      </p>
      {run && (
        <button type="button" class="btn primary" disabled={busy} data-testid="run-client" onClick={run}>
          {busy ? "Asking…" : "Run full client"}
        </button>
      )}
    </>
  );
}

function Asking() {
  return (
    <div class="asking" aria-hidden="true">
      <i />
      <i />
      <span>
        <Icon name="person" size={26} />
      </span>
    </div>
  );
}
