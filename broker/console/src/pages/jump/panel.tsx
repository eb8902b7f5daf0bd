import { useState } from "preact/hooks";
import { useList, useStore } from "../context.ts";
import { Unpin } from "./change.tsx";
import { actionOf, JumpAction } from "./start.tsx";

/** The Jump Client that a device is, where it is on a list of the rep. */
export function JumpPanel({ device }: { device: string }) {
  const store = useStore();
  const may = store.may("jump.start") || store.may("jump.pin") || store.may("jump.edit");
  const live = store.devices.value?.get(device);
  const list = useList("jump", async (signal) => (may ? (await store.api.jumps.listJumpClients({}, { signal })).clients : []), `${device} ${live?.online} ${live?.session?.phase}`);
  const [leaving, setLeaving] = useState(false);
  const c = list.value?.find((x) => x.deviceId === device);
  if (!c) return null;
  return (
    <section class="card" aria-labelledby="jump-title" data-testid="jump-panel">
      <div class="tools">
        <h2 id="jump-title">Jump Client</h2>
        <span class="grow" />
        {actionOf(c, "unpin")?.enabled && (
          <button type="button" class="btn" data-testid="unpin" onClick={() => setLeaving(true)}>
            Unpin
          </button>
        )}
        <JumpAction client={c} />
      </div>
      <p class="panel muted">
        {c.name} · {c.groupName || "your own list"} · pinned by {c.createdBy}
      </p>
      {leaving && <Unpin client={c} close={() => setLeaving(false)} />}
    </section>
  );
}
