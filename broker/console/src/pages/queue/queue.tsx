import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { participantsOf } from "../../core/participants.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Avatar, Empty, Loading, Tag } from "../../ui/parts.tsx";
import { useNow, useStore } from "../context.ts";
import { RequestItem } from "../request/request-item.tsx";
import { HeldActions, heldSince } from "../session/held.tsx";
import { InvitationItem } from "./invitation-item.tsx";
import { SessionKeyButton } from "./session-key.tsx";
import { queueOf } from "./queued.ts";
import { VisitorItem, WaitingItem } from "./waiting.tsx";

/** What waits for the rep: invitations, customers who ask for help, sessions without an owner, and those on hold. */
export function QueuePage() {
  const store = useStore();
  const now = useNow(15_000);
  const { invitations, requests, visitors, waiting, held } = queueOf(store);
  // One that was decided while it was looked at stays, so that its answer can be read.
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const asking = [...store.requests.value.values()].filter((r) => touched.has(r.id) && !requests.includes(r)).concat(requests);
  // Why an answer came too late is read after the invitation has vanished.
  const [late, setLate] = useState<readonly { readonly id: string; readonly text: string }[]>([]);
  const known = store.devices.value !== undefined;
  const nothing = known && invitations.length + asking.length + visitors.length + waiting.length + held.length === 0;
  return (
    <>
      <header class="head">
        <h1>Queue</h1>
        {known && <Tag tone={held.length > 0 ? "warn" : "plain"} id="held-count">{`${held.length} on hold`}</Tag>}
        <span class="grow" />
        <SessionKeyButton />
      </header>
      {late.map((l) => (
        <div key={l.id} class="notice warn" role="alert" data-testid="too-late">
          <Icon name="alert" />
          <span class="grow">{l.text}</span>
          <button type="button" class="btn small quiet" onClick={() => setLate(late.filter((x) => x !== l))}>
            Dismiss
          </button>
        </div>
      ))}
      {!known && (
        <section class="card">
          <Loading rows={3} label="Loading your queue" />
        </section>
      )}
      {nothing && (
        <section class="card">
          <Empty icon="clock" title="Nothing waits for you" action={<Link to="/inventory" class="btn">To the inventory</Link>}>
            Invitations of other representatives, customers who ask your team for help, sessions that need an owner, and those that you hold appear here by themselves.
          </Empty>
        </section>
      )}
      {invitations.length > 0 && (
        <Part title="Invitations" count={invitations.length} tone="accent">
          {invitations.map((i) => (
            <InvitationItem key={i.id} invitation={i} now={now} late={(words) => setLate([...late, { id: i.id, text: `${i.deviceName}: ${words}` }])} />
          ))}
        </Part>
      )}
      {asking.length > 0 && (
        <Part title="Asking for help" count={requests.length} tone="warn">
          {asking.map((r) => (
            <RequestItem key={r.id} request={r} now={now} touch={() => setTouched(new Set(touched).add(r.id))} reload={() => {}} />
          ))}
        </Part>
      )}
      {visitors.length > 0 && (
        <Part title="On the portal page" count={visitors.length} tone="warn">
          {visitors.map((s) => (
            <VisitorItem key={s.id} session={s} now={now} />
          ))}
        </Part>
      )}
      {waiting.length > 0 && (
        <Part title="Waiting for an owner" count={waiting.length} tone="warn">
          {waiting.map((s) => (
            <WaitingItem key={s.id} session={s} now={now} />
          ))}
        </Part>
      )}
      {held.length > 0 && (
        <Part title="On hold" count={held.length} tone="warn">
          {held.map((s) => (
            <HeldItem key={s.id} session={s} now={now} />
          ))}
        </Part>
      )}
    </>
  );
}

function Part({ title, count, tone, children }: { title: string; count: number; tone: "accent" | "warn"; children: ComponentChildren }) {
  return (
    <section class="card" aria-label={title}>
      <div class="tools">
        <h2>{title}</h2>
        <Tag tone={tone}>{count}</Tag>
      </div>
      <ul class="list">{children}</ul>
    </section>
  );
}

function HeldItem({ session: s, now }: { session: Session; now: Date }) {
  const others = participantsOf(s).filter((p) => !p.owner);
  const goesOn = others.length > 0 ? ` · goes on for ${others.map((p) => p.name).join(", ")}` : "";
  const since = s.heldSince ? timestampMs(s.heldSince) : undefined;
  return (
    <li class="item" data-testid="held-session" data-since={since}>
      <Avatar name={s.deviceName || "?"} />
      <div>
        <b>{s.deviceName}</b>
        <p class="muted">{`${heldSince(s, now)}${goesOn}${s.agentConnected ? "" : " · the device is offline"}`}</p>
      </div>
      <HeldActions session={s} />
    </li>
  );
}
