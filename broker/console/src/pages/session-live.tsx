import { useEffect, useRef, useState } from "preact/hooks";
import { specialKeys } from "../core/keymap.ts";
import type { ScaleMode } from "../core/scale.ts";
import { phaseName } from "../core/session.ts";
import { errorWords, reasonWords } from "../core/words.ts";
import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode, Reason } from "../gen/alongside/wire/v1/reason_pb.ts";
import type { Ticket } from "../net/channel.ts";
import { Link } from "../ui/frame.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { Tag } from "../ui/parts.tsx";
import { ViewerElement, type ViewerStatus } from "../ui/viewer/element.ts";
import { Chat } from "./chat.tsx";
import { useCall, useStore } from "./context.ts";

/** The remote screen with its bar, its chat and the reason when nothing can be shown. */
export function LiveSession({ session }: { session: Session }) {
  const store = useStore();
  const [viewer, setViewer] = useState<ViewerElement>();
  const [status, setStatus] = useState<ViewerStatus>();
  const [scale, setScale] = useState<ScaleMode>("fit");
  const [monitor, setMonitor] = useState(0);
  const chat = store.chats.value.get(session.id) ?? [];
  const [chatOpen, setChatOpen] = useState(() => window.matchMedia("(min-width: 1100px)").matches);
  const [seen, setSeen] = useState(chat.length);
  const bar = useRef<HTMLElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const unread = chatOpen ? 0 : chat.slice(seen).filter((c) => c.fromCustomer).length;
  const device = store.devices.value?.get(session.deviceId);
  const off = useCall(async () => {
    await store.callSession(session.id, store.api.sessions.end({ id: session.id }));
  });

  useEffect(() => {
    const element = new ViewerElement();
    element.dataset["testid"] = "viewer";
    element.tickets = () => ticket(store.api.sessions, session.id);
    element.leave = () => bar.current?.querySelector<HTMLElement>("button, a")?.focus();
    const changed = () => setStatus(element.status);
    element.addEventListener("viewerchange", changed);
    stage.current?.prepend(element);
    element.focus();
    setViewer(element);
    return () => {
      element.removeEventListener("viewerchange", changed);
      element.remove();
    };
  }, [session.id]);

  useEffect(() => {
    if (chatOpen) setSeen(chat.length);
  }, [chatOpen, chat.length]);

  const screen = status?.screen;
  const control = screen ? screen.control : session.control;
  const reason = whatIsWrong(session, status, store.live.value);
  const covered = status?.link !== "open" || (screen !== undefined && !shows(screen.reason)) || !session.agentConnected;
  const pick = (mode: ScaleMode) => {
    setScale(mode);
    if (viewer) viewer.scale = mode;
  };
  const choose = (id: number) => {
    setMonitor(id);
    if (viewer) viewer.monitor = id;
  };

  return (
    <div class={`session${chatOpen ? " with-side" : ""}`} data-testid="session" data-phase={phaseName(session.phase)} data-link={status?.link ?? "connecting"} data-via={status?.via ?? ""}>
      <header class="bar" ref={bar} aria-label="Session">
        <Link to="/" class="btn quiet square" label="Leave to the inventory; the session goes on" id="leave">
          <Icon name="back" />
        </Link>
        <div class="bar-who">
          <b>{session.deviceName}</b>
          <small>{[device?.info?.user, device?.info?.osVersion || device?.info?.os].filter(Boolean).join(" · ")}</small>
        </div>
        <Tag tone={control ? "good" : "warn"} id="mode">
          {control ? "control" : "view only"}
        </Tag>
        <span class="sep" />
        <Menu name="Monitor" icon="monitor" label={monitorLabel(status, monitor)} items={monitors(status, monitor, choose)} disabled={!screen || screen.monitors.length === 0} />
        <Menu name="Scale" icon="scale" label={scale === "fit" ? "Fit" : "1:1"} items={scales(scale, pick)} />
        <Menu
          name="Keys"
          icon="keys"
          label="Keys"
          disabled={!control || status?.link !== "open"}
          items={specialKeys.map((k) => ({ id: `keys-${k.name.toLowerCase().replaceAll(" + ", "-").replaceAll(" ", "-")}`, label: k.name, pick: () => viewer?.press(k.codes) }))}
        >
          <p class="menu-note">Ctrl + Alt + Shift + B leads from the screen to this bar.</p>
        </Menu>
        <span class="grow" />
        {off.why && (
          <small class="bad" role="alert">
            {off.why.text}
          </small>
        )}
        <button type="button" class="btn quiet" aria-pressed={chatOpen} aria-label={unread > 0 ? `Chat, ${unread} new` : "Chat"} data-testid="toggle-chat" onClick={() => setChatOpen(!chatOpen)}>
          <Icon name="chat" />
          <span class="menu-label">Chat</span>
          {unread > 0 && <span class="count">{unread}</span>}
        </button>
        <button type="button" class="btn danger" aria-label="Off: end the session" data-testid="off" disabled={off.busy} onClick={() => off.run()}>
          <Icon name="power" />
          {off.busy ? "Ending…" : "Off"}
        </button>
      </header>
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

/** Whether pixels are shown although there may be something to say. */
function shows(reason: Reason): boolean {
  return reason === Reason.OK || reason === Reason.INPUT_PERMISSION_MISSING || reason === Reason.LOCKED || reason === Reason.LOGIN_SCREEN;
}

interface Wrong {
  readonly name: string;
  readonly text: string;
  readonly tone: "plain" | "warn" | "bad";
  readonly waits: boolean;
}

/** The one thing to say over the screen: the nearest broken part first. */
function whatIsWrong(session: Session, status: ViewerStatus | undefined, live: boolean): Wrong | undefined {
  const say = (name: string, text: string, tone: Wrong["tone"], waits = false): Wrong => ({ name, text, tone, waits });
  const failure = status?.failure;
  if (status?.link === "ended") return say("link_ended", failure?.text || errorWords(ErrorCode.UNSPECIFIED), "bad");
  if (!session.agentConnected) return say("agent_lost", "The connection to the device is lost. Reconnecting…", "warn", true);
  if (!status || status.link === "connecting") return say("connecting", "Opening the screen…", "plain", true);
  if (status.link === "lost") {
    const known = failure && failure.code !== ErrorCode.UNSPECIFIED ? `${failure.text} ` : "The connection is lost. ";
    return say("link_lost", `${known}Reconnecting…`, "warn", true);
  }
  if (!live) return say("broker_lost", "The server cannot be reached. Reconnecting…", "warn", true);
  const screen = status.screen;
  if (!screen) return say("starting", reasonWords(Reason.STARTING), "plain", true);
  const name = (Object.entries(Reason).find(([, v]) => v === screen.reason)?.[0] ?? "UNSPECIFIED").toLowerCase();
  if (screen.reason !== Reason.OK) {
    const waits = screen.reason === Reason.STARTING || screen.reason === Reason.HELPER_RESTARTING || screen.reason === Reason.DISPLAY_SERVER_GONE;
    return say(name, [reasonWords(screen.reason), screen.detail].filter(Boolean).join(" "), "warn", waits);
  }
  if (screen.promptOpen) return say("prompt_open", "The device shows one of Alongside's own questions. Only the person there can answer it.", "warn");
  if (status.width === 0) return say("starting", reasonWords(Reason.STARTING), "plain", true);
  return undefined;
}

function monitorLabel(status: ViewerStatus | undefined, chosen: number): string {
  const all = status?.screen?.monitors ?? [];
  if (chosen === 0) return all.length > 1 ? "All monitors" : "Monitor";
  const at = all.findIndex((m) => m.id === chosen);
  return at < 0 ? "Monitor" : `Monitor ${at + 1}`;
}

function monitors(status: ViewerStatus | undefined, chosen: number, choose: (id: number) => void): MenuItem[] {
  const all = status?.screen?.monitors ?? [];
  return [
    { id: "monitor-all", label: "All monitors", checked: chosen === 0, pick: () => choose(0) },
    ...all.map((m, i) => ({
      id: `monitor-${m.id}`,
      label: `Monitor ${i + 1}`,
      hint: `${m.name ? `${m.name} · ` : ""}${m.width} × ${m.height}${m.primary ? " · primary" : ""}`,
      checked: chosen === m.id,
      pick: () => choose(m.id),
    })),
  ];
}

function scales(scale: ScaleMode, pick: (mode: ScaleMode) => void): MenuItem[] {
  return [
    { id: "scale-fit", label: "Fit", hint: "the whole screen", checked: scale === "fit", pick: () => pick("fit") },
    { id: "scale-actual", label: "1:1", hint: "exact pixels", checked: scale === "actual", pick: () => pick("actual") },
  ];
}
