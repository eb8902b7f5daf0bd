import { useEffect, useRef, useState } from "preact/hooks";
import { screenReason, showsPixels } from "../core/screen-reason.ts";
import { phaseName } from "../core/session.ts";
import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import type { Ticket } from "../net/channel.ts";
import { Pulse } from "../net/pulse.ts";
import { ViewerElement, type ViewerStatus } from "../ui/viewer/element.ts";
import { Chat } from "./chat.tsx";
import { useStore } from "./context.ts";
import { SessionBar } from "./session-bar.tsx";

/** The remote screen with its bar, its chat and the reason when nothing can be shown. */
export function LiveSession({ session }: { session: Session }) {
  const store = useStore();
  const [viewer, setViewer] = useState<ViewerElement>();
  const [status, setStatus] = useState<ViewerStatus>();
  const [silent, setSilent] = useState(false);
  const chat = store.chats.value.get(session.id) ?? [];
  const [chatOpen, setChatOpen] = useState(() => window.matchMedia("(min-width: 1100px)").matches);
  const [seen, setSeen] = useState(chat.length);
  const bar = useRef<HTMLElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const unread = chatOpen ? 0 : chat.slice(seen).filter((c) => c.fromCustomer).length;

  useEffect(() => {
    const element = new ViewerElement();
    const pulse = new Pulse(setSilent);
    element.dataset["testid"] = "viewer";
    element.tickets = () => ticket(store.api.sessions, session.id);
    element.leave = () => bar.current?.querySelector<HTMLElement>("button, a")?.focus();
    element.heard = () => pulse.heard();
    const seen = () => (document.hidden ? pulse.pause() : pulse.resume());
    document.addEventListener("visibilitychange", seen);
    seen();
    const changed = () => setStatus(element.status);
    element.addEventListener("viewerchange", changed);
    stage.current?.prepend(element);
    element.focus();
    setViewer(element);
    return () => {
      pulse.stop();
      document.removeEventListener("visibilitychange", seen);
      element.removeEventListener("viewerchange", changed);
      element.remove();
    };
  }, [session.id]);

  useEffect(() => {
    if (chatOpen) setSeen(chat.length);
  }, [chatOpen, chat.length]);

  const reason = screenReason(session, status, store.live.value, silent);
  const screen = status?.screen;
  const covered = status?.link !== "open" || silent || (screen !== undefined && !showsPixels(screen.reason)) || !session.agentConnected;
  return (
    <div class={`session${chatOpen ? " with-side" : ""}`} data-testid="session" data-phase={phaseName(session.phase)} data-link={status?.link ?? "connecting"} data-via={status?.via ?? ""}>
      <SessionBar session={session} viewer={viewer} status={status} chat={{ open: chatOpen, unread, toggle: () => setChatOpen(!chatOpen) }} bar={bar} />
      <div class={`stage${covered ? " covered" : ""}`} ref={stage}>
        {reason && (
          <div class={`toast ${reason.tone}`} role="status" data-testid="reason" data-reason={reason.name}>
            {reason.waits && <span class="spinner" aria-hidden="true" />}
            <span>{reason.text}</span>
            {status?.link === "ended" && (
              <button type="button" class="btn small" data-testid="retry" onClick={() => viewer?.retry()}>
                Try again
              </button>
            )}
          </div>
        )}
      </div>
      {chatOpen && <Chat session={session} messages={chat} />}
    </div>
  );
}

async function ticket(sessions: ReturnType<typeof useStore>["api"]["sessions"], id: string): Promise<Ticket> {
  const r = await sessions.attach({ id });
  const base = new URL(r.websocketUrl, location.href);
  base.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return { ticket: r.ticket, webtransport: r.webtransportUrl, hashes: r.certificateHashes.map((h) => new Uint8Array(h)), websocket: base.href };
}
