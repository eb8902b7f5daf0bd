import { Select } from "../../ui/fields.tsx";
import { useList, useStore } from "../context.ts";

/** Chooses the settings scope that Summary, Requests and Inventory are narrowed to. */
export function ViewSelect() {
  const store = useStore();
  const scopes = useList("settings", async (signal) => (await store.api.settings.listScopes({}, { signal })).scopes);
  const chosen = store.view.value;
  if (!scopes.value || (scopes.value.length < 2 && chosen === "")) return null;
  const known = scopes.value.some((s) => s.id === chosen);
  return (
    <div class="view-select">
      <Select
        label="View"
        name="view"
        hideLabel
        value={known ? chosen : ""}
        options={[{ value: "", label: "Everything" }, ...scopes.value.map((s) => ({ value: s.id, label: s.name }))]}
        onValue={(v) => store.chooseView(v)}
      />
    </div>
  );
}
