import { Menu } from "../ui/menu.tsx";
import { Dot } from "../ui/parts.tsx";
import { useCall, useStore } from "./context.ts";

/** How the rep can be reached by others: here, away, and by mail while no console is open. */
export function AvailabilityMenu() {
  const store = useStore();
  const now = store.availability.value;
  const { run, why } = useCall(async (change: { away?: boolean; extended?: boolean }) => {
    store.availability.value = await store.api.collaboration.setAvailability(change);
  });
  if (!now) return null;
  return (
    <div class="reach">
      <Menu
        name="Availability"
        icon={<Dot tone={now.away ? "busy" : "on"} />}
        label={`${now.away ? "Away" : "Available"}${now.extended ? " · by mail too" : ""}`}
        upwards
        items={[
          { id: "available", label: "Available", checked: !now.away, pick: () => run({ away: false }) },
          { id: "away", label: "Away", checked: now.away, pick: () => run({ away: true }) },
          { id: "extended", label: "Ask me by mail", section: "While no console is open", checked: now.extended, several: true, pick: () => run({ extended: !now.extended }) },
        ]}
      >
        <p class="menu-note">Others see this when they look for somebody to invite.</p>
      </Menu>
      {why && (
        <small class="bad" role="alert">
          {why.text}
        </small>
      )}
    </div>
  );
}
