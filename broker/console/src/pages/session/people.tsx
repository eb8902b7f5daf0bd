import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { handOf, ownerOf, participantsOf, type Person } from "../../core/participants.ts";
import { ago } from "../../core/time.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Avatar, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useMe, useNow, useStore } from "../context.ts";
import { Invited } from "./invited.tsx";

/** Who is in the session, who owns it and who controls, with what this rep may do about it. */
export function People({ session }: { session: Session }) {
  const me = useMe();
  const now = useNow(15_000);
  const [removing, setRemoving] = useState<Person>();
  const control = useGiveControl(session);
  const owner = ownerOf(session);
  const own = owner?.repId === me;
  return (
    <div class="people">
      {control.why && <Notice tone="bad">{control.why.text}</Notice>}
      <ul class="list" aria-label="Reps in this session">
        {participantsOf(session).map((p) => (
          <li key={p.repId} class="person" data-testid="participant" data-rep={p.repId}>
            <Avatar name={p.name || "?"} />
            <div class="person-who">
              <b>{p.name}</b>
              <small>{p.joinedAt ? <Since person={p} now={now} /> : "in the session"}</small>
              <span class="tags">
                {p.repId === me && <Tag tone="accent">you</Tag>}
                {p.owner && <Tag id="is-owner">owner</Tag>}
                {p.external && (
                  <Tag tone="warn" id="is-external" title={`Invited from outside the organisation, for this session only${p.policy ? `, under ${p.policy}` : ""}.`}>
                    external
                  </Tag>
                )}
                {p.lookOnly && <Tag id="is-look-only">looks only</Tag>}
                {session.control && p.control && (
                  <Tag tone="good" id="is-control" title={p.repId === me ? "Your keyboard and mouse reach the device." : "Their keyboard and mouse reach the device."}>
                    controls
                  </Tag>
                )}
              </span>
            </div>
            <span class="person-do">
              {session.control && !p.control && !p.lookOnly && own && (
                <button type="button" class="btn small" disabled={control.busy} aria-label={p.repId === me ? "Take control" : `Give control to ${p.name}`} data-testid={p.repId === me ? "take-control" : "give-control"} onClick={() => control.run(p.repId)}>
                  {p.repId === me ? "Take control" : "Give control"}
                </button>
              )}
              {session.control && p.control && p.repId === me && !own && owner && (
                <button type="button" class="btn small" disabled={control.busy} aria-label={`Return control to ${owner.name}`} data-testid="return-control" onClick={() => control.run(owner.repId)}>
                  Return control
                </button>
              )}
              {own && p.repId !== me && (
                <button type="button" class="btn small quiet danger square-small" aria-label={`Remove ${p.name}…`} title={`Remove ${p.name}…`} data-testid="remove" onClick={() => setRemoving(p)}>
                  <Icon name="cross" size={15} />
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {handOf(session, me) === "none" && <p class="menu-note">The person at the device agreed to looking only, so nobody controls.</p>}
      {own && <Invited session={session} />}
      {removing && <Remove session={session} person={removing} close={() => setRemoving(undefined)} />}
    </div>
  );
}

function Since({ person, now }: { person: Person; now: Date }) {
  if (!person.joinedAt) return null;
  const at = timestampDate(person.joinedAt);
  const words = ago(at, now);
  return (
    <time dateTime={at.toISOString()} title={at.toLocaleString()}>
      {words === "now" ? "since just now" : `since ${words}`}
    </time>
  );
}

/** Hands the control token to a rep of the session. */
export function useGiveControl(session: Session) {
  const store = useStore();
  return useCall(async (repId: string) => {
    await store.callSession(session.id, store.api.collaboration.giveControl({ sessionId: session.id, repId }));
  });
}

function Remove({ session, person, close }: { session: Session; person: Person; close: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.callSession(session.id, store.api.collaboration.remove({ sessionId: session.id, repId: person.repId, confirm: true }));
    close();
  });
  return (
    <Confirm title={`Remove ${person.name} from the session?`} action="Remove" busyAction="Removing…" close={close} run={() => run()} busy={busy} why={why} id="remove">
      Their picture stops at once. They come back only with a new invitation{person.control ? ", and you control again" : ""}.
    </Confirm>
  );
}
