import { useState } from "preact/hooks";
import { reachOf } from "../../core/availability.ts";
import { isIn, participantsOf } from "../../core/participants.ts";
import type { InviteRequest, ShareRep, ShareTargetsResponse } from "../../gen/alongside/console/v1/collaboration_pb.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Availability } from "../../gen/alongside/console/v1/participant_pb.ts";
import { Foot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";
import { Target } from "./share-target.tsx";

/** What is chosen among: teams, reps by name, or issues; and whether the session itself is offered. */
export interface ShareWay {
  readonly kind: "teams" | "reps" | "help";
  readonly transfer: boolean;
}

type To = InviteRequest["to"];

const kinds = [
  { id: "teams", label: "Teams" },
  { id: "reps", label: "Representatives" },
  { id: "help", label: "Request help" },
] as const;

const notes: Readonly<Record<ShareWay["kind"], string>> = {
  teams: "The first representative of the team who accepts comes in. Invite a team again to bring in more.",
  reps: "The invitation waits in their own queue.",
  help: "The request goes to the team that takes care of the issue.",
};

/** Whom the owner may invite now, exactly as the broker lists them (O3, O12–O15). */
export function Share({ session, way, change, close, offered }: { session: Session; way: ShareWay; change: (way: ShareWay) => void; close: () => void; offered: () => void }) {
  const store = useStore();
  const [query, setQuery] = useState("");
  const [said, setSaid] = useState("");
  const key = [session.id, session.invitations.length, session.participants.length].join(" ");
  const targets = useList("presence", async (signal) => store.api.collaboration.shareTargets({ sessionId: session.id }, { signal }), key);
  const { run, busy, why } = useCall(async (to: To, name: string) => {
    setSaid("");
    await store.api.collaboration.invite({ sessionId: session.id, to, transfer: way.transfer });
    if (way.transfer) return offered();
    setSaid(`${name} ${to.case === "repId" ? "is invited." : "has the invitation."}`);
    targets.reload();
  });
  const note = way.transfer ? "You stay the owner until somebody accepts; then you stay in the session without owning it, and your invitations go." : notes[way.kind];
  return (
    <Dialog title={way.transfer ? "Transfer the ownership" : "Share the session"} close={close} id="share-dialog">
      <div class="chips" role="group" aria-label="Whom">
        {kinds
          .filter((k) => k.id !== "help" || !way.transfer)
          .map((k) => (
            <button key={k.id} type="button" class="chip" aria-pressed={way.kind === k.id} data-testid={`kind-${k.id}`} onClick={() => change({ ...way, kind: k.id })}>
              {k.label}
            </button>
          ))}
      </div>
      <p class="muted">{note}</p>
      {why && <Notice tone="bad">{why.text}</Notice>}
      {said && (
        <Notice tone="good" id="invited">
          {said}
        </Notice>
      )}
      <div class="targets">
        {!targets.value && !targets.why && <Loading rows={3} label="Loading whom you may invite" />}
        {targets.why && <Failed why={targets.why} retry={targets.reload} />}
        {targets.value && !targets.why && <Targets session={session} targets={targets.value} way={way} query={query} setQuery={setQuery} busy={busy} invite={run} />}
      </div>
      <Foot>
        <button type="button" class="btn quiet" data-testid="share-close" onClick={close}>
          Close
        </button>
      </Foot>
    </Dialog>
  );
}

interface Choice {
  readonly session: Session;
  readonly targets: ShareTargetsResponse;
  readonly way: ShareWay;
  readonly query: string;
  readonly setQuery: (q: string) => void;
  readonly busy: boolean;
  readonly invite: (to: To, name: string) => void;
}

function Targets({ session, targets, way, query, setQuery, busy, invite }: Choice) {
  const action = way.transfer ? "Offer" : way.kind === "help" ? "Ask" : "Invite";
  const row = { busy, action };
  if (way.kind === "teams") {
    if (targets.teams.length === 0) return <Nobody title="No team is reachable">A team appears here as soon as one of its members is signed in or can be asked by mail.</Nobody>;
    return (
      <ul class="list" aria-label="Teams">
        {targets.teams.map((t) => (
          <Target key={t.id} {...row} id="share-team" name={t.name} small={`${t.reachable} ${t.reachable === 1 ? "member" : "members"} reachable`} choose={() => invite({ case: "teamId", value: t.id }, t.name)} />
        ))}
      </ul>
    );
  }
  if (way.kind === "help") {
    if (targets.issues.length === 0) return <Nobody title="No issue takes requests for help">An administrator says in the settings which issues do.</Nobody>;
    return (
      <ul class="list" aria-label="Issues">
        {targets.issues.map((i) => (
          <Target key={i.id} {...row} id="share-issue" icon="alert" name={i.name} small="" choose={() => invite({ case: "issueId", value: i.id }, i.name)} />
        ))}
      </ul>
    );
  }
  const all = repsOf(session, targets, way.transfer);
  const shown = all.filter((r) => r.name.toLocaleLowerCase().includes(query.trim().toLocaleLowerCase()));
  const teams = new Map(targets.teams.map((t) => [t.id, t.name]));
  return (
    <>
      {all.length === 0 && <Nobody title="Nobody is reachable">Representatives appear here when they sign in, or when they may be asked by mail.</Nobody>}
      {all.length > 0 && (
        <label class="search">
          <Icon name="search" size={15} />
          <input type="search" placeholder="Name" aria-label="Search representatives" data-testid="share-search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
        </label>
      )}
      {all.length > 0 && shown.length === 0 && <p class="muted">Nobody of that name is reachable.</p>}
      <ul class="list" aria-label="Representatives">
        {shown.map((r) => {
          const reach = reachOf(r.availability);
          const of = r.teamIds.map((t) => teams.get(t)).filter(Boolean);
          return <Target key={r.id} {...row} id="share-rep" name={r.name} tone={reach.tone} small={[isIn(session, r.id) ? "in the session" : reach.words, ...of].join(" · ")} invited={r.invited} choose={() => invite({ case: "repId", value: r.id }, r.name)} />;
        })}
      </ul>
    </>
  );
}

/** The listed reps, whoever answers sooner first; who is in the session can only be offered the ownership. */
function repsOf(session: Session, targets: ShareTargetsResponse, transfer: boolean): readonly Pick<ShareRep, "id" | "name" | "availability" | "teamIds" | "invited">[] {
  const listed = new Set(targets.reps.map((r) => r.id));
  const inside = participantsOf(session).filter((p) => !p.owner && !p.external && !listed.has(p.repId));
  const offered = (id: string) => session.invitations.some((i) => i.to.case === "repId" && i.to.value === id);
  const colleagues = transfer ? inside.map((p) => ({ id: p.repId, name: p.name, availability: Availability.AVAILABLE, teamIds: [], invited: offered(p.repId) })) : [];
  return [...colleagues, ...targets.reps].sort((a, b) => reachOf(a.availability).rank - reachOf(b.availability).rank || a.name.localeCompare(b.name));
}

function Nobody({ title, children }: { title: string; children: string }) {
  return (
    <Empty icon="people" title={title}>
      {children}
    </Empty>
  );
}
