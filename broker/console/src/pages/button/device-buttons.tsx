import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { SupportButton } from "../../gen/alongside/console/v1/button_pb.ts";
import { Failed, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useList, useStore } from "../context.ts";
import { RemoveButton } from "./remove.tsx";

/** The Support Buttons of a device, for those who may know of them (B2). */
export function DeviceButtons({ device }: { device: string }) {
  const store = useStore();
  return store.may("button.edit") ? <List device={device} /> : null;
}

function List({ device }: { device: string }) {
  const store = useStore();
  const [removing, setRemoving] = useState<SupportButton>();
  const list = useList("buttons", (signal) => store.api.buttons.listButtons({ deviceId: device }, { signal }), device);
  const all = list.value?.buttons ?? [];
  return (
    <section class="card" aria-labelledby="buttons-title" data-testid="device-buttons">
      <div class="tools">
        <h2 id="buttons-title">Support Buttons</h2>
        {all.length > 0 && <Tag>{list.value?.laidOut ? "on the desktop in front" : "not confirmed by the device"}</Tag>}
      </div>
      {!list.value && !list.why && <Loading rows={2} label="Loading Support Buttons" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {list.value?.problem && <Notice tone="warn" id="buttons-problem">{`The device says: ${list.value.problem}`}</Notice>}
      {list.value && all.length === 0 && <p class="panel muted">There is none. A representative puts one here from within a session.</p>}
      {all.length > 0 && (
        <ul class="list">
          {all.map((b) => (
            <li key={b.id} class="item" data-testid="device-button" data-button={b.id}>
              <div class="grow">
                <b>{b.title}</b> <small>{b.profileName}</small>
                {b.description && <p class="muted" data-testid="button-description">{b.description}</p>}
                <small>{[`leads to ${b.queueName}`, b.user ? `for ${b.user}` : "for every user", b.expiresAt ? `until ${timestampDate(b.expiresAt).toLocaleString()}` : "", b.createdBy ? `by ${b.createdBy}` : ""].filter(Boolean).join(" · ")}</small>
              </div>
              <span class="action">
                {b.expired && <Tag tone="warn">expired</Tag>}
                <button type="button" class="btn" aria-label={`Remove the Support Button ${b.title}`} data-testid="remove-button" onClick={() => setRemoving(b)}>
                  Remove
                </button>
              </span>
            </li>
          ))}
        </ul>
      )}
      {removing && (
        <RemoveButton
          button={removing}
          close={() => setRemoving(undefined)}
          done={() => {
            setRemoving(undefined);
            list.reload();
          }}
        />
      )}
    </section>
  );
}
