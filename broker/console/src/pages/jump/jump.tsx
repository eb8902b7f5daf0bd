import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import { ago } from "../../core/time.ts";
import type { JumpClient } from "../../gen/alongside/console/v1/jump_pb.ts";
import { JumpMode } from "../../gen/alongside/wire/v1/jump_pb.ts";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Dot, Empty, Failed, Loading, Tag } from "../../ui/parts.tsx";
import { useList, useNow, useStore } from "../context.ts";
import { EditJump, Unpin } from "./change.tsx";
import { actionOf, JumpAction } from "./start.tsx";

/** The Jump Clients of the rep: the own list and the groups, searched, started, changed and unpinned. */
export function JumpPage() {
  const store = useStore();
  const now = useNow(30_000);
  const [query, setQuery] = useState("");
  const [group, setGroup] = useState("");
  const [everybodys, setEverybodys] = useState(false);
  const [editing, setEditing] = useState<JumpClient>();
  const [leaving, setLeaving] = useState<JumpClient>();
  const list = useJumpClients(everybodys);
  const all = list.value;
  const places = [...new Set(all?.map(placeOf) ?? [])].sort((a, b) => a.localeCompare(b));
  const shown = all?.filter((c) => (group === "" || placeOf(c) === group) && matches(c, query));
  return (
    <>
      <header class="head">
        <h1>Jump</h1>
        {all && (
          <span class="muted" data-testid="counts">
            {all.length} {all.length === 1 ? "Jump Client" : "Jump Clients"} · {all.filter((c) => c.online).length} online
          </span>
        )}
        <span class="grow" />
        {store.may("jump.edit") && (
          <button type="button" class="chip" aria-pressed={everybodys} data-testid="everybodys" onClick={() => setEverybodys(!everybodys)}>
            Everybody's
          </button>
        )}
      </header>
      <section class="card" aria-label="Jump Clients">
        <div class="tools">
          <label class="search">
            <Icon name="search" size={15} />
            <input type="search" placeholder="Name, tag, comment or user" aria-label="Search Jump Clients" data-testid="search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
          </label>
          {places.length > 1 && (
            <div class="chips" role="group" aria-label="Lists">
              {places.map((p) => (
                <button type="button" key={p} class="chip" aria-pressed={group === p} data-testid="jump-place" onClick={() => setGroup(group === p ? "" : p)}>
                  {p}
                </button>
              ))}
            </div>
          )}
        </div>
        {!all && !list.why && <Loading rows={5} label="Loading Jump Clients" />}
        {list.why && <Failed why={list.why} retry={list.reload} />}
        {all?.length === 0 && (
          <Empty icon="jump" title="No Jump Clients yet">
            Pin a device from within a session to reach it later, or have an administrator deploy a bundle to many.
          </Empty>
        )}
        {all && all.length > 0 && shown?.length === 0 && (
          <Empty
            icon="search"
            title="Nothing found"
            action={
              <button
                type="button"
                class="btn"
                onClick={() => {
                  setQuery("");
                  setGroup("");
                }}
              >
                Show all
              </button>
            }
          >
            No Jump Client matches this.
          </Empty>
        )}
        {shown && shown.length > 0 && (
          <table class="devices">
            <thead>
              <tr>
                <th scope="col">Jump Client</th>
                <th scope="col" class="roomy-only">
                  List
                </th>
                <th scope="col" class="wide-only">
                  User
                </th>
                <th scope="col" class="wide-only">
                  Last seen
                </th>
                <th scope="col" class="right">
                  Jump
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((c) => (
                <Row key={c.id} client={c} now={now} edit={() => setEditing(c)} unpin={() => setLeaving(c)} />
              ))}
            </tbody>
          </table>
        )}
      </section>
      {editing && <EditJump client={editing} close={() => setEditing(undefined)} />}
      {leaving && <Unpin client={leaving} close={() => setLeaving(undefined)} />}
    </>
  );
}

/** The list, read again when it, a group, or one of its devices changes. */
function useJumpClients(all: boolean) {
  const store = useStore();
  const devices = store.devices.value;
  const groups = store.changed.value.get("directory") ?? 0;
  const list = useList("jump", async (signal) => (await store.api.jumps.listJumpClients({ all }, { signal })).clients, `${all} ${groups}`);
  const state = list.value?.map((c) => [c.deviceId, devices?.get(c.deviceId)?.online, devices?.get(c.deviceId)?.session?.phase].join()).join(" ") ?? "";
  const [known, setKnown] = useState(state);
  useEffect(() => {
    if (known !== "" && known !== state) list.reload();
    setKnown(state);
  }, [state]);
  return list;
}

function Row({ client: c, now, edit, unpin }: { client: JumpClient; now: Date; edit: () => void; unpin: () => void }) {
  const tone = !c.online ? "off" : c.inSessionWith !== "" ? "busy" : "on";
  const may = (id: string) => actionOf(c, id)?.enabled ?? false;
  return (
    <tr data-testid="jump-row" data-name={c.name} data-online={c.online}>
      <td>
        <div class="device">
          <Dot tone={tone} />
          <div>
            <Link to={`/devices/${encodeURIComponent(c.deviceId)}`} class="row-link" id="device-link">
              {c.name}
            </Link>
            <small>{[c.name === c.deviceName ? "" : c.deviceName, c.inSessionWith && `in session with ${c.inSessionWith}`, c.comments].filter(Boolean).join(" · ")}</small>
            <span class="tags">
              <Tag>{c.mode === JumpMode.SERVICE ? "service" : "user"}</Tag>
              {c.tag && <Tag tone="accent">{c.tag}</Tag>}
              {c.policyName && <Tag>{c.policyName}</Tag>}
              {c.locked && (
                <Tag title="Without a person's yes it starts only with a passkey of its lock." id="jump-locked">
                  locked
                </Tag>
              )}
              {c.expiresAt && (
                <Tag tone={c.expired ? "bad" : "plain"} id="jump-expiry">
                  {c.expired ? "expired" : `until ${timestampDate(c.expiresAt).toLocaleDateString()}`}
                </Tag>
              )}
            </span>
          </div>
        </div>
      </td>
      <td class="roomy-only">{placeOf(c)}</td>
      <td class="wide-only">{c.user || <span class="muted">nobody</span>}</td>
      <td class="wide-only nowrap">{c.online ? "now" : c.lastSeen ? ago(timestampDate(c.lastSeen), now) : "never"}</td>
      <td class="right">
        {may("edit") && (
          <button type="button" class="btn quiet square" aria-label={`Edit ${c.name}`} title="Edit" data-testid="edit-jump" onClick={edit}>
            <Icon name="edit" />
          </button>
        )}
        {may("unpin") && (
          <button type="button" class="btn quiet square" aria-label={`Unpin ${c.name}`} title="Unpin" data-testid="unpin" onClick={unpin}>
            <Icon name="trash" />
          </button>
        )}
        <JumpAction client={c} />
      </td>
    </tr>
  );
}

function placeOf(c: JumpClient): string {
  return c.groupName || (c.ownerName ? `Own list of ${c.ownerName}` : "Own list");
}

function matches(c: JumpClient, query: string): boolean {
  const text = [c.name, c.tag, c.comments, c.deviceName, c.user, placeOf(c)].join("\n").toLocaleLowerCase();
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
