import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { stageOf } from "../../core/session.ts";
import { Brand } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Failed, Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import { SessionPage } from "../session/session.tsx";
import { GuestChat } from "./guest-chat.tsx";

/** Where the link of an external rep leads: the way in, and then the one session. There is nowhere else to go. */
export function JoinPage() {
  const store = useStore();
  const guest = store.guest.value;
  const id = guest?.sessionId ?? "";
  const session = store.sessions.value.get(id);
  useEffect(() => {
    document.title = `${guest ? "Support session" : "Invitation"} · Alongside`;
  }, [guest]);
  // Another link that is put into the address of an open page.
  useEffect(() => {
    const again = () => location.reload();
    window.addEventListener("hashchange", again);
    return () => window.removeEventListener("hashchange", again);
  }, []);

  if (store.startFailure.value) {
    return (
      <Card>
        <Failed why={store.startFailure.value} retry={() => void store.startGuest()} />
      </Card>
    );
  }
  if (store.who.value === "unknown") return <div class="pulse page-pulse" role="status" aria-label="Loading" />;
  if (!guest) return store.key.value ? <Invitation /> : <NoLink />;
  if (store.out.value && !store.gone.value.has(id) && !(session && stageOf(session.phase) === "over")) return <Out />;
  if (!guest.capabilities.includes("view") && session && stageOf(session.phase) === "live") return <GuestChat session={session} />;
  return <SessionPage key={id} id={id} />;
}

function Card({ children }: { children: ComponentChildren }) {
  return (
    <main class="gate" data-testid="join">
      <section class="gate-card centred">
        <Brand />
        {children}
      </section>
    </main>
  );
}

/** Asks before the link is used: it lets one person in, once. */
function Invitation() {
  const store = useStore();
  const { run, busy, why } = useCall(async () => store.redeem());
  return (
    <Card>
      <div class="verdict" aria-hidden="true">
        <Icon name="people" size={26} />
      </div>
      <h1>You are invited to a support session</h1>
      <p class="muted">
        {store.organisation.value ? `By ${store.organisation.value}. ` : ""}This link lets one person in, once. The people in the session see your name, and that you come from outside.
      </p>
      {why && (
        <Notice tone="bad" id="join-error">
          {why.text}
        </Notice>
      )}
      <button type="button" class="btn primary wide" disabled={busy} data-testid="join-session" onClick={() => run()}>
        {busy ? "Coming in…" : "Come in"}
      </button>
    </Card>
  );
}

function NoLink() {
  return (
    <Card>
      <h1>Open the link you were sent</h1>
      <p class="muted" data-testid="no-link">
        This page leads into a support session by a link that works once. If you were in one and closed the page, ask for another link.
      </p>
    </Card>
  );
}

function Out() {
  return (
    <Card>
      <div class="verdict" aria-hidden="true">
        <Icon name="out" size={26} />
      </div>
      <h1 data-testid="outcome">You are not in this session any more</h1>
      <p class="muted" role="status" data-testid="outcome-text">
        It is over or on hold, or its owner took you out. You come back with another link.
      </p>
    </Card>
  );
}
