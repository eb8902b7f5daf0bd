import { useState } from "preact/hooks";
import { ago } from "../../core/time.ts";
import { stageOf } from "../../core/session.ts";
import { shortReason } from "../../core/words.ts";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Device } from "../../gen/alongside/console/v1/console_pb.ts";
import { Reason } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Select } from "../../ui/fields.tsx";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Dot, Empty, Loading, Tag } from "../../ui/parts.tsx";
import { SupportAction } from "../session/actions.tsx";
import { AddDevices } from "./add-devices.tsx";
import { useNow, useStore } from "../context.ts";

// Tags offered as filters; a search finds the others.
const mostTags = 12;

type Presence = "all" | "online" | "offline";

/** All devices of the view, searched as one types, kept current without a reload. */
export function InventoryPage() {
  const store = useStore();
  const now = useNow(30_000);
  const [query, setQuery] = useState("");
  const [presence, setPresence] = useState<Presence>("all");
  const [group, setGroup] = useState("");
  const [tags, setTags] = useState<readonly string[]>([]);
  const [adding, setAdding] = useState(false);
  const mayAdd = store.may("enrollment.edit");
  const all = store.devices.value && [...store.devices.value.values()].filter((d) => !d.revoked && store.inView(d));
  const online = all?.filter((d) => d.online).length ?? 0;
  const groups = distinct(all?.map((d) => d.group) ?? []);
  const known = distinct(all?.flatMap((d) => d.tags) ?? []);
  const fits = (d: Device) => (presence === "all" || d.online === (presence === "online")) && (group === "" || d.group === group) && tags.every((t) => d.tags.includes(t));
  const shown = all?.filter((d) => fits(d) && matches(d, query)).sort(byName);
  const add = mayAdd && (
    <button type="button" class="btn" data-testid="add-devices" onClick={() => setAdding(true)}>
      <Icon name="plus" />
      Add devices
    </button>
  );

  return (
    <>
      <header class="head">
        <h1>Inventory</h1>
        {all && (
          <span class="muted" data-testid="counts">
            {all.length} {all.length === 1 ? "device" : "devices"} · {online} online
          </span>
        )}
        <span class="grow" />
        {store.may("settings.edit") && (
          <Link to="/explain" class="btn quiet">
            Explain
          </Link>
        )}
        {add}
      </header>
      <section class="card" aria-label="Devices">
        <div class="tools">
          <label class="search">
            <Icon name="search" size={15} />
            <input type="search" placeholder="Name, user, system or tag" aria-label="Search devices" data-testid="search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
          </label>
          <div class="chips" role="group" aria-label="Presence">
            {(["online", "offline"] as const).map((p) => (
              <button type="button" key={p} class="chip" aria-pressed={presence === p} data-testid={`${p}-only`} onClick={() => setPresence(presence === p ? "all" : p)}>
                {p === "online" ? "Online" : "Offline"}
              </button>
            ))}
          </div>
          {groups.length > 0 && <Select label="Group" name="group" hideLabel value={group} options={[{ value: "", label: "All groups" }, ...groups.map((g) => ({ value: g, label: g }))]} onValue={setGroup} />}
          {known.length > 0 && (
            <div class="chips" role="group" aria-label="Tags">
              {known.slice(0, mostTags).map((t) => (
                <button type="button" key={t} class="chip" aria-pressed={tags.includes(t)} data-testid="tag-filter" onClick={() => setTags(tags.includes(t) ? tags.filter((x) => x !== t) : [...tags, t])}>
                  {t}
                </button>
              ))}
            </div>
          )}
        </div>
        {!shown && <Loading rows={6} label="Loading devices" />}
        {all?.length === 0 && (
          <Empty icon="inventory" title="No devices yet" action={add}>
            {mayAdd ? "Create an enrollment bundle and start the agent with it. The device appears here by itself." : "Ask an administrator to enroll devices. They appear here by themselves."}
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
                  setPresence("all");
                  setGroup("");
                  setTags([]);
                }}
              >
                Show all devices
              </button>
            }
          >
            No device matches {query ? `“${query}”` : "this filter"}.
          </Empty>
        )}
        {shown && shown.length > 0 && (
          <table class="devices">
            <thead>
              <tr>
                <th scope="col">Device</th>
                <th scope="col" class="roomy-only">
                  User
                </th>
                <th scope="col" class="wide-only">
                  System
                </th>
                <th scope="col" class="wide-only">
                  Last seen
                </th>
                <th scope="col" class="right">
                  Support
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((d) => (
                <Row key={d.id} device={d} now={now} />
              ))}
            </tbody>
          </table>
        )}
      </section>
      {adding && <AddDevices close={() => setAdding(false)} />}
    </>
  );
}

function Row({ device: d, now }: { device: Device; now: Date }) {
  const busy = d.session && stageOf(d.session.phase) !== "over";
  const tone = !d.online ? "off" : busy ? "busy" : "on";
  const seen = d.lastSeen ? ago(timestampDate(d.lastSeen), now) : "never";
  return (
    <tr data-testid="device-row" data-device={d.id} data-online={d.online} data-hostname={d.info?.hostname}>
      <td>
        <div class="device">
          <Dot tone={tone} />
          <div>
            <Link to={`/devices/${encodeURIComponent(d.id)}`} class="row-link" id="device-link">
              {d.info?.hostname || "unnamed"}
            </Link>
            <small>
              {d.info?.user && <span class="narrow-only">{d.info.user} · </span>}
              {subtitle(d)}
            </small>
            {(d.tags.length > 0 || d.group) && (
              <span class="tags">
                {d.group && <Tag tone="accent">{d.group}</Tag>}
                {d.tags.map((t) => (
                  <Tag key={t}>{t}</Tag>
                ))}
              </span>
            )}
          </div>
        </div>
      </td>
      <td class="roomy-only">{d.info?.user || <span class="muted">nobody</span>}</td>
      <td class="wide-only">{d.info?.osVersion || d.info?.os}</td>
      <td class="wide-only nowrap">{d.online ? "now" : seen}</td>
      <td class="right">
        <SupportAction device={d} action="support" path="inventory" label="Support" />
      </td>
    </tr>
  );
}

/** What a rep should know before the click. */
function subtitle(d: Device): string {
  const s = d.session;
  if (s && stageOf(s.phase) !== "over") {
    return stageOf(s.phase) === "live" ? `in session with ${s.repName}` : `${s.repName} is waiting for an answer`;
  }
  if (d.pending) return "waits to be taken in";
  if (!d.online) return "offline";
  const parts = ["online"];
  const screen = d.capabilities?.screen?.reason ?? Reason.UNSPECIFIED;
  const told = d.actions.some((a) => a.id === "support" && !a.enabled); // the row's end says why
  if (!told && screen !== Reason.OK && screen !== Reason.UNSPECIFIED) parts.push(shortReason(screen));
  const monitors = d.capabilities?.monitors.length ?? 0;
  if (monitors > 1) parts.push(`${monitors} monitors`);
  if (d.capabilities && !d.capabilities.userPresent) parts.push("nobody at the device");
  return parts.join(" · ");
}

function matches(d: Device, query: string): boolean {
  const i = d.info;
  const text = [i?.hostname, i?.user, i?.os, i?.osVersion, d.group, d.id, ...d.tags].join("\n").toLocaleLowerCase();
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].filter((v) => v !== "").sort((a, b) => a.localeCompare(b));
}

function byName(a: Device, b: Device): number {
  return (a.info?.hostname ?? "").localeCompare(b.info?.hostname ?? "", undefined, { numeric: true }) || (a.id < b.id ? -1 : 1);
}
