import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { participantsOf } from "../../core/participants.ts";
import type { Chat as Message } from "../../gen/alongside/wire/v1/session_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { useMay, useStore } from "../context.ts";
import { Chat } from "./chat.tsx";
import { Machine } from "./machine.tsx";
import { People } from "./people.tsx";

/** What is open beside the screen. */
export type SideView = "chat" | "people" | "machine" | "";

/** The bar's way to the side. */
export interface SideSwitch {
  readonly view: SideView;
  readonly unread: number;
  toggle(view: SideView): void;
}

const names = { chat: "Chat", people: "People", machine: "Machine", "": "" };

/** The column beside the screen: what is said, who is in, and what machine it is. */
export function Side({ session, messages, side }: { session: Session; messages: readonly Message[]; side: SideSwitch }) {
  const chats = useMay("chat");
  const asks = !useStore().guest.value;
  const tabs = ([
    { id: "chat", label: "Chat", count: 0 },
    { id: "people", label: "People", count: participantsOf(session).length },
    { id: "machine", label: "Machine", count: 0 },
  ] as const).filter((t) => (t.id !== "chat" || chats) && (t.id !== "machine" || (asks && session.actions.some((a) => a.id === "machine"))));
  const beside = (step: number) => {
    const at = tabs.findIndex((t) => t.id === side.view);
    return tabs[(at + step + tabs.length) % tabs.length]?.id;
  };
  return (
    <aside class="side" aria-label={names[side.view]} data-testid={side.view}>
      <header class="side-head">
        <div
          class="side-tabs"
          role="tablist"
          aria-label="Beside the screen"
          onKeyDown={(e) => {
            if (e.key !== "ArrowLeft" && e.key !== "ArrowRight") return;
            const other = beside(e.key === "ArrowLeft" ? -1 : 1);
            if (!other || other === side.view) return;
            e.preventDefault();
            side.toggle(other);
            e.currentTarget.querySelector<HTMLElement>(`[data-testid=tab-${other}]`)?.focus();
          }}
        >
          {tabs.map((t) => (
            <button key={t.id} type="button" role="tab" id={`tab-${t.id}`} aria-selected={side.view === t.id} aria-controls="side-panel" tabIndex={side.view === t.id ? 0 : -1} data-testid={`tab-${t.id}`} onClick={() => side.view !== t.id && side.toggle(t.id)}>
              {t.label}
              {t.count > 0 && <span class="tab-count">{t.count}</span>}
            </button>
          ))}
        </div>
        <button type="button" class="btn quiet square" aria-label="Close the side" title="Close" data-testid="close-side" onClick={() => side.toggle(side.view)}>
          <Icon name="cross" size={15} />
        </button>
      </header>
      <div class="side-panel" id="side-panel" role="tabpanel" aria-labelledby={`tab-${side.view}`}>
        {side.view === "chat" ? <Chat session={session} messages={messages} /> : side.view === "machine" ? <Machine session={session} /> : <People session={session} />}
      </div>
    </aside>
  );
}

/** The bar's buttons for the side. */
export function SideButtons({ session, side }: { session: Session; side: SideSwitch }) {
  const people = participantsOf(session).length;
  const chats = useMay("chat");
  return (
    <>
      <button type="button" class="btn quiet" aria-pressed={side.view === "people"} aria-label={`People, ${people} in the session`} title="Who is in the session" data-testid="toggle-people" onClick={() => side.toggle("people")}>
        <Icon name="people" />
        {people}
      </button>
      {chats && <button type="button" class="btn quiet" aria-pressed={side.view === "chat"} aria-label={side.unread > 0 ? `Chat, ${side.unread} new` : "Chat"} data-testid="toggle-chat" onClick={() => side.toggle("chat")}>
        <Icon name="chat" />
        <span class="menu-label kept">Chat</span>
        {side.unread > 0 && <span class="count">{side.unread}</span>}
      </button>}
    </>
  );
}
