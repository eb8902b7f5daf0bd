import { useEffect, useRef, useState } from "preact/hooks";
import { screenReason, showsPixels } from "../../core/screen-reason.ts";
import { phaseName } from "../../core/session.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import type { Ticket } from "../../net/channel.ts";
import { Pulse } from "../../net/pulse.ts";
import { ViewerElement, type ViewerStatus } from "../../ui/viewer/element.ts";
import { useMay, useStore } from "../context.ts";
import { Announcements } from "./announcements.tsx";
import { SessionBar } from "./session-bar.tsx";
import { Side, type SideView } from "./side.tsx";
import { useTakeOver } from "./take-over.ts";

// Who looks at a session uses their sign-in, though nothing else may be asked for
// long: well below the half hour after which an unused one ends.
const useEveryMs = 5 * 60_000;

/** The remote screen with its bar, its chat and the reason when nothing can be shown. */
export function LiveSession({ session }: { session: Session }) {
  const store = useStore();
  const [viewer, setViewer] = useState<ViewerElement>();
  const [status, setStatus] = useState<ViewerStatus>();
  const [silent, setSilent] = useState(false);
  const chat = store.chats.of(session.id);
  const chats = useMay("chat");
  const [view, setView] = useState<SideView>(() => (window.matchMedia("(min-width: 1100px)").matches ? (chats ? "chat" : "people") : ""));
  const chatOpen = view === "chat";
  const bar = useRef<HTMLElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const unread = chatOpen ? 0 : (store.chats.unread.value.get(session.id) ?? 0);

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
    // Whether it still stands is told by Watch; here nothing is done with the answer.
    const use = setInterval(() => document.hidden || store.api.signIn.state({}).catch(() => {}), useEveryMs);
    return () => clearInterval(use);
  }, [store]);

  useEffect(() => {
    if (chatOpen) store.chats.read(session.id);
  }, [chatOpen, chat.length]);

  const takenOver = useTakeOver(session, status);
  const reason = screenReason(session, status, store.live.value, silent, takenOver);
  const screen = status?.screen;
  const covered = status?.link !== "open" || silent || (screen !== undefined && !showsPixels(screen.reason)) || !session.agentConnected;
  const side = { view, unread, toggle: (v: SideView) => setView(v === view ? "" : v) };
  return (
    <div class={`session${view ? " with-side" : ""}`} data-testid="session" data-phase={phaseName(session.phase)} data-link={status?.link ?? "connecting"} data-via={status?.via ?? ""}>
      <SessionBar session={session} viewer={viewer} status={status} side={side} bar={bar} />
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
        <Announcements session={session} />
      </div>
      {view && <Side session={session} messages={chat} side={side} />}
    </div>
  );
}

async function ticket(sessions: ReturnType<typeof useStore>["api"]["sessions"], id: string): Promise<Ticket> {
  const r = await sessions.attach({ id });
  const base = new URL(r.websocketUrl, location.href);
  base.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return { ticket: r.ticket, webtransport: r.webtransportUrl, hashes: r.certificateHashes.map((h) => new Uint8Array(h)), websocket: base.href };
}
