import { timestampMs } from "@bufbuild/protobuf/wkt";
import { isIn, stageFor } from "../core/participants.ts";
import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { Link } from "../ui/frame.tsx";
import { Icon } from "../ui/icon.tsx";
import { Dot } from "../ui/parts.tsx";
import { useStore } from "./context.ts";
import { queueOf } from "./queue/queued.ts";
import type { Store } from "./store.ts";

// So many fit side by side on a usual screen; the summary has all of them.
const mostTabs = 6;

/** The sessions that the rep is in and that are not parked, in the order in which they began. */
export function openSessions(store: Store): readonly Session[] {
  const me = store.who.value;
  if (typeof me !== "object") return [];
  const began = (s: Session) => (s.startedAt ? timestampMs(s.startedAt) : 0);
  return [...store.sessions.value.values()].filter((s) => isIn(s, me.id) && ["live", "waiting"].includes(stageFor(s, me.id))).sort((a, b) => began(a) - began(b) || (a.id < b.id ? -1 : 1));
}

/** The rep's open sessions as tabs, with what was said in them meanwhile. Over a session's page it shows what is elsewhere only. */
export function OpenSessions({ current = "" }: { current?: string }) {
  const store = useStore();
  const me = store.who.value;
  const all = openSessions(store);
  const invited = current === "" ? 0 : queueOf(store).invitations.length;
  if (all.every((s) => s.id === current) && invited === 0) return null;
  // The one that is looked at is always among those that are shown.
  const at = all.findIndex((s) => s.id === current);
  const shown = all.filter((_, i) => i < mostTabs - (at >= mostTabs ? 1 : 0) || i === at);
  const more = all.length - shown.length;
  return (
    <nav class="open-tabs" aria-label="Open sessions" data-testid="open-sessions">
      {current !== "" && (
        <Link to="/" class="open-tab" label="To the summary" id="tab-home">
          <Icon name="summary" size={15} />
        </Link>
      )}
      {shown.map((s) => {
        const unread = s.id === current ? 0 : (store.chats.unread.value.get(s.id) ?? 0);
        const waits = typeof me === "object" && stageFor(s, me.id) === "waiting";
        return (
          <Link key={s.id} to={`/sessions/${encodeURIComponent(s.id)}`} class="open-tab" current={s.id === current} id="open-tab" label={`${s.deviceName}${waits ? ", waiting for an answer" : ""}${unread > 0 ? `, ${unread} new ${unread === 1 ? "message" : "messages"}` : ""}`}>
            <Dot tone={waits ? "busy" : s.agentConnected ? "on" : "off"} />
            <span>{s.deviceName}</span>
            {unread > 0 && <span class="count">{unread}</span>}
          </Link>
        );
      })}
      {more > 0 && (
        <Link to="/" class="open-tab" label={`${more} more open sessions, in the summary`} id="more-tabs">
          {`+${more}`}
        </Link>
      )}
      {invited > 0 && (
        <Link to="/queue" class="open-tab at-end" label={`Queue, ${invited} ${invited === 1 ? "invitation" : "invitations"}`} id="tab-queue">
          <Icon name="clock" size={15} />
          <span>Queue</span>
          <span class="count">{invited}</span>
        </Link>
      )}
    </nav>
  );
}
