import { timestampDate } from "@bufbuild/protobuf/wkt";
import { isIn } from "../core/participants.ts";
import { stageOf } from "../core/session.ts";
import { ago } from "../core/time.ts";
import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { RequestPhase, type SupportRequest } from "../gen/alongside/console/v1/request_pb.ts";
import { Link } from "../ui/frame.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Avatar, Empty, Failed, Loading, Tag } from "../ui/parts.tsx";
import { useLoad, useNow, useStore } from "./context.ts";

const firstFew = 5;

/** The front page: the numbers of the view, what waits and what runs. */
export function SummaryPage() {
  const store = useStore();
  const all = [...(store.devices.value?.values() ?? [])];
  const sessions = [...store.sessions.value.values()].filter((s) => stageOf(s.phase) !== "over" && store.inView(store.devices.value?.get(s.deviceId)));
  const requests = [...store.requests.value.values()].filter((r) => r.phase === RequestPhase.PENDING && store.inView(store.devices.value?.get(r.deviceId)));
  // The broker counts; it is asked again when something that it counts has changed.
  const key = [store.view.value, all.length, all.filter((d) => d.online).length, requests.length, sessions.length, store.resumed.value].join(" ");
  const summary = useLoad(async (signal) => store.api.settings.summary({ view: store.view.value }, { signal }), key);
  const n = summary.value;
  return (
    <>
      <header class="head">
        <h1>Summary</h1>
        {n && (
          <span class="muted" data-testid="counts">
            {`${n.devices} ${n.devices === 1 ? "device" : "devices"} · ${n.online} online`}
          </span>
        )}
      </header>
      {summary.why && (
        <section class="card">
          <Failed why={summary.why} retry={summary.reload} />
        </section>
      )}
      {!summary.why && (
        <ul class="numbers" aria-label="Numbers">
          <Figure to="/requests" icon="requests" label="Requests waiting" value={n?.requests} tone={n && n.requests > 0 ? "warn" : "plain"} />
          <Figure to="/audit" icon="monitor" label="Sessions running" value={n?.sessions} tone="plain" />
          <Figure to="/inventory" icon="inventory" label="Devices online" value={n?.online} of={n?.devices} tone="plain" />
          <Figure to="/audit" icon="check" label="Ended today" value={n?.endedToday} tone="plain" />
        </ul>
      )}
      <div class="cols">
        <Waiting requests={requests} />
        <Running sessions={sessions} />
      </div>
    </>
  );
}

function Figure({ to, icon, label, value, of, tone }: { to: string; icon: IconName; label: string; value: number | undefined; of?: number | undefined; tone: string }) {
  return (
    <li>
      <Link to={to} class={`card figure ${tone}`} id={`figure-${label.toLowerCase().replaceAll(" ", "-")}`}>
        <Icon name={icon} size={20} />
        <b>
          {value ?? "–"}
          {of !== undefined && <small>{` of ${of}`}</small>}
        </b>
        <span>{label}</span>
      </Link>
    </li>
  );
}

function Waiting({ requests }: { requests: readonly SupportRequest[] }) {
  const store = useStore();
  const now = useNow(30_000);
  return (
    <section class="card" aria-labelledby="waiting-title">
      <div class="tools">
        <h2 id="waiting-title">Waiting</h2>
        {requests.length > 0 && <Tag tone="warn">{requests.length}</Tag>}
      </div>
      {!store.devices.value && <Loading rows={2} label="Loading requests" />}
      {store.devices.value && requests.length === 0 && (
        <Empty icon="requests" title="Nobody waits">
          Requests for help appear here the moment they are made.
        </Empty>
      )}
      <ul class="list">
        {requests.slice(0, firstFew).map((r) => (
          <li key={r.id} class="item">
            <Avatar name={r.name || r.user || "?"} />
            <div>
              <b>{r.name || r.user}</b> <small>{`${r.deviceName} · ${r.at ? ago(timestampDate(r.at), now) : ""}`}</small>
              <p class="quote">{r.reason}</p>
            </div>
            <Link to="/requests" class="btn">
              Look
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How a session that runs stands, in a few words. */
function standing(s: Session): string {
  switch (stageOf(s.phase)) {
    case "live":
      return s.control ? "control" : "view only";
    case "held":
      return "on hold";
    default:
      return "waiting for an answer";
  }
}

function Running({ sessions }: { sessions: readonly Session[] }) {
  const store = useStore();
  const me = store.who.value;
  return (
    <section class="card" aria-labelledby="running-title">
      <div class="tools">
        <h2 id="running-title">Sessions</h2>
        {sessions.length > 0 && <Tag tone="good">{sessions.length}</Tag>}
      </div>
      {!store.devices.value && <Loading rows={2} label="Loading sessions" />}
      {store.devices.value && sessions.length === 0 && (
        <Empty icon="monitor" title="No session runs" action={<Link to="/inventory" class="btn">To the inventory</Link>}>
          Start one from a device, or approve a request.
        </Empty>
      )}
      <ul class="list">
        {sessions.map((s) => (
          <li key={s.id} class="item" data-testid="running-session">
            <Avatar name={s.repName || "?"} />
            <div>
              <b>{s.deviceName}</b>
              <p class="muted">{`${s.repName} · ${standing(s)}`}</p>
            </div>
            {typeof me === "object" && isIn(s, me.id) ? (
              <Link to={`/sessions/${encodeURIComponent(s.id)}`} class="btn">
                Open
              </Link>
            ) : (
              store.may("audit.read") && (
                <Link to={`/audit?session=${encodeURIComponent(s.id)}`} class="btn">
                  Details
                </Link>
              )
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
