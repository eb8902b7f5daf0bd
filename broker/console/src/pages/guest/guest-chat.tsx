import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { useCall, useLoad, useStore } from "../context.ts";
import { Announcements } from "../session/announcements.tsx";
import { Chat } from "../session/chat.tsx";

/** The session of an external rep who may chat and not see the screen. */
export function GuestChat({ session }: { session: Session }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => store.leave(session.id));
  useLoad(async (signal) => {
    const r = await store.callSession(session.id, store.api.sessions.get({ id: session.id }, { signal }));
    store.chats.take(session.id, r.chat);
  }, `${session.id} ${store.live.value}`);
  return (
    <main class="session guest-chat" data-testid="session" data-phase="active" data-link="none">
      <header class="bar" aria-label="Session">
        <div class="bar-who">
          <b>{session.deviceName}</b>
          <small>You may chat here; the screen is not shown to you.</small>
        </div>
        <span class="grow" />
        {why && (
          <small class="bad" role="alert">
            {why.text}
          </small>
        )}
        <button type="button" class="btn" data-testid="leave" disabled={busy} onClick={() => run()}>
          <Icon name="out" />
          {busy ? "Leaving…" : "Leave"}
        </button>
      </header>
      <section class="guest-talk" aria-label="Chat" data-testid="chat">
        <Chat session={session} messages={store.chats.of(session.id)} />
      </section>
      <Announcements session={session} />
    </main>
  );
}
