import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useRef, useState } from "preact/hooks";
import { reasonWords, shortReason } from "../../core/words.ts";
import { ago } from "../../core/time.ts";
import type { Device } from "../../gen/alongside/console/v1/console_pb.ts";
import type { Capability } from "../../gen/alongside/wire/v1/link_pb.ts";
import { Reason } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Link, useRouter } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Dot, Failed, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { DeviceButtons } from "../button/device-buttons.tsx";
import { SupportAction, whyNot } from "../session/actions.tsx";
import { useCall, useLoad, useNow, useStore } from "../context.ts";
import { EditDevice, PendingDevice } from "./device-edit.tsx";
import { PolicyPanel } from "./device-policy.tsx";
import { UpdatePanel } from "./device-update.tsx";
import { JumpPanel } from "../jump/panel.tsx";
import { ExplainPanel } from "../settings/explain.tsx";

/** One device: what it is, what it can do now, and the Remote Support panel. */
export function DevicePage({ id }: { id: string }) {
  const store = useStore();
  const loaded = useLoad(async (signal) => (await store.api.inventory.getDevice({ id }, { signal })).device, id);
  const live = store.devices.value?.get(id);
  const device = live ?? loaded.value;
  // What it obeys and what it tried come with the call only: they are read again when the device changes.
  const known = useRef(live);
  useEffect(() => {
    if (known.current !== undefined && known.current !== live) loaded.reload();
    known.current = live;
  }, [live]);
  return (
    <>
      <Link to="/inventory" class="crumb" id="back">
        <Icon name="back" size={15} />
        Inventory
      </Link>
      {!device && !loaded.why && <Loading rows={4} label="Loading the device" />}
      {!device && loaded.why && (
        <section class="card">
          <Failed why={loaded.why} retry={loaded.reload} />
        </section>
      )}
      {device && <Details device={device} detail={loaded.value} />}
    </>
  );
}

/** Detail is the device as the call alone tells it. */
function Details({ device: d, detail }: { device: Device; detail: Device | undefined }) {
  const now = useNow(30_000);
  const store = useStore();
  const [revoking, setRevoking] = useState(false);
  const [editing, setEditing] = useState(false);
  const mayEdit = store.may("device.edit") && !d.revoked;
  const revoke = d.actions.find((a) => a.id === "revoke");
  const screens = d.capabilities?.monitors ?? [];
  return (
    <>
      <header class="head">
        <span class="device-mark">
          <Icon name="monitor" size={22} />
        </span>
        <div>
          <h1 data-testid="device-name">{d.info?.hostname || "unnamed"}</h1>
          <span class="muted" data-testid="device-state">
            <Dot tone={d.online ? "on" : "off"} />
            {d.online ? "online" : `offline since ${d.lastSeen ? ago(timestampDate(d.lastSeen), now) : "it was enrolled"}`}
            {d.info?.user ? ` · ${d.info.user}` : ""}
          </span>
        </div>
        <span class="grow" />
        {d.revoked && <Tag tone="bad">revoked</Tag>}
        {!d.entitled && !d.revoked && <Tag tone="warn" id="not-entitled">not entitled</Tag>}
        {mayEdit && (
          <button type="button" class="btn" data-testid="edit-device" onClick={() => setEditing(true)}>
            <Icon name="edit" />
            Edit
          </button>
        )}
        {revoke?.enabled && !d.revoked && (
          <button type="button" class="btn danger" data-testid="revoke" onClick={() => setRevoking(true)}>
            Revoke
          </button>
        )}
      </header>
      {d.pending && <PendingDevice device={d} mayEdit={mayEdit} />}
      <div class="cols">
        <section class="card" aria-labelledby="support-title" data-testid="remote-support">
          <div class="tools">
            <h2 id="support-title">Remote Support</h2>
          </div>
          <div class="panel">
            <p class="muted">The person at the device is asked first. Nothing is shown before a yes.</p>
            <SupportAction device={d} action="screenshare" path="device" label="Screenshare" large />
            <OtherActions device={d} />
            <ul class="abilities">
              <Ability name="Screen" of={d.capabilities?.screen} />
              <Ability name="Keyboard and mouse" of={d.capabilities?.input} />
              <Ability name="Question for consent" of={d.capabilities?.consent} />
            </ul>
            <ExplainPanel device={d.id} />
          </div>
        </section>
        <section class="card" aria-labelledby="details-title">
          <div class="tools">
            <h2 id="details-title">Details</h2>
          </div>
          <dl class="facts">
            <Fact name="System" value={d.info?.osVersion || d.info?.os || ""} />
            <Fact name="Architecture" value={d.info?.arch ?? ""} />
            <Fact name="User in front" value={d.capabilities?.userPresent === false ? "nobody" : d.info?.user || "–"} />
            <Fact name="Monitors" value={screens.map((m) => `${m.name || m.id} ${m.width} × ${m.height}`).join(", ")} />
            <Fact name="Group" value={d.group} />
            <Fact name="Tags" value={d.tags.join(", ")} />
            <Fact name="Agent" value={d.info?.agentVersion ?? ""} />
            <Fact name="Enrolled" value={d.enrolledAt ? timestampDate(d.enrolledAt).toLocaleString() : ""} />
            <Fact name="Device id" value={d.id} mono />
          </dl>
        </section>
      </div>
      {!d.revoked && <DeviceButtons device={d.id} />}
      {!d.revoked && <JumpPanel device={d.id} />}
      {detail?.policy && <PolicyPanel policy={detail.policy} now={now} />}
      {detail?.update && <UpdatePanel update={detail.update} now={now} />}
      {editing && <EditDevice device={d} close={() => setEditing(false)} />}
      {revoking && <Revoke device={d} close={() => setRevoking(false)} />}
    </>
  );
}

// What the page has buttons for elsewhere.
const shownElsewhere = new Set(["support", "screenshare", "revoke"]);

/** What else policy says of this device: each action that is not possible with its reason. */
function OtherActions({ device }: { device: Device }) {
  const others = device.actions.filter((a) => !shownElsewhere.has(a.id));
  if (others.length === 0) return null;
  return (
    <ul class="abilities" aria-label="Actions">
      {others.map((a) => (
        <li key={a.id} data-testid="device-action" data-action={a.id} data-enabled={a.enabled}>
          <span class={a.enabled ? "good" : "muted"}>
            <Icon name={a.enabled ? "check" : "lock"} size={16} />
          </span>
          <span>
            {actionNames[a.id] ?? a.id.replaceAll("_", " ")}
            {!a.enabled && <small>{whyNot(device, a.code, a.reason)[1]}</small>}
          </span>
          <Tag tone={a.enabled ? "good" : "warn"}>{a.enabled ? "allowed" : "not allowed"}</Tag>
        </li>
      ))}
    </ul>
  );
}

const actionNames: Readonly<Record<string, string>> = { control: "Keyboard and mouse", clipboard: "Clipboard", files: "Files", record: "Recording" };

function Ability({ name, of }: { name: string; of: Capability | undefined }) {
  const reason = of?.reason ?? Reason.UNSPECIFIED;
  const works = reason === Reason.OK;
  return (
    <li data-testid="ability" data-reason={shortReason(reason)}>
      <span class={works ? "good" : "muted"}>
        <Icon name={works ? "check" : "alert"} size={16} />
      </span>
      <span>
        {name}
        {!works && <small>{of?.detail || reasonWords(reason)}</small>}
      </span>
      <Tag tone={works ? "good" : reason === Reason.UNSPECIFIED ? "plain" : "warn"}>{works ? of?.backend || "works" : shortReason(reason)}</Tag>
    </li>
  );
}

function Fact({ name, value, mono = false }: { name: string; value: string; mono?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={mono ? "mono" : ""}>{value || "–"}</dd>
    </div>
  );
}

function Revoke({ device, close }: { device: Device; close: () => void }) {
  const store = useStore();
  const router = useRouter();
  const { run, busy, why } = useCall(async () => {
    await store.api.inventory.revokeDevice({ id: device.id, confirm: true });
    close();
    router.go("/inventory");
  });
  return (
    <Dialog title={`Revoke ${device.info?.hostname ?? "this device"}?`} close={close} id="revoke-dialog">
      <p class="muted">Its key is refused from now on and a running session ends. To use the device again it must be enrolled again.</p>
      {why && <Notice tone="bad">{why.text}</Notice>}
      <footer class="dialog-foot">
        <button type="button" class="btn quiet" onClick={close}>
          Cancel
        </button>
        <button type="button" class="btn danger solid" disabled={busy} data-testid="revoke-confirm" onClick={() => run()}>
          {busy ? "Revoking…" : "Revoke"}
        </button>
      </footer>
    </Dialog>
  );
}
