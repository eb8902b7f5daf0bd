import { useState } from "preact/hooks";
import type { SupportButton } from "../../gen/alongside/console/v1/button_pb.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { useList, useStore } from "../context.ts";
import { DeployButton } from "./deploy.tsx";
import { RemoveButton } from "./remove.tsx";

/** The session's way to the Support Buttons of its device; nothing for whom they are no matter. */
export function ButtonMenu({ session }: { session: Session }) {
  const store = useStore();
  if (!store.may("button.edit")) return null;
  const action = session.actions.find((a) => a.id === "button");
  if (!action?.enabled) {
    const why = action?.reason || "This is not possible now.";
    return (
      <button type="button" class="btn quiet" aria-disabled="true" aria-label={`Support Button: ${why}`} title={why} data-testid="buttons-not">
        <Icon name="help" />
        <span class="menu-label">Button</span>
      </button>
    );
  }
  return <Buttons session={session} />;
}

function Buttons({ session }: { session: Session }) {
  const store = useStore();
  const [deploying, setDeploying] = useState(false);
  const [removing, setRemoving] = useState<SupportButton>();
  const [said, setSaid] = useState("");
  const list = useList("buttons", (signal) => store.api.buttons.listButtons({ deviceId: session.deviceId }, { signal }), session.deviceId);
  const there = list.value?.buttons ?? [];
  const items: MenuItem[] = [
    { id: "deploy-button", label: "Put a Support Button here…", section: "Support Button", pick: () => setDeploying(true) },
    ...there.map((b, n) => ({ id: "remove-button", label: b.title, hint: b.expired ? "expired" : b.queueName, pick: () => setRemoving(b), ...(n === 0 ? { section: "Remove from this device" } : {}) })),
  ];
  return (
    <>
      <Menu name="Button" icon="help" label="Button" items={items} align="end" />
      <span class="unseen" role="status" data-testid="button-said">
        {said}
      </span>
      {deploying && (
        <DeployButton
          session={session}
          close={() => setDeploying(false)}
          done={() => {
            setDeploying(false);
            setSaid("The Support Button was deployed.");
            list.reload();
          }}
        />
      )}
      {removing && (
        <RemoveButton
          button={removing}
          session={session.id}
          close={() => setRemoving(undefined)}
          done={() => {
            setRemoving(undefined);
            setSaid("The Support Button was removed.");
            list.reload();
          }}
        />
      )}
    </>
  );
}
