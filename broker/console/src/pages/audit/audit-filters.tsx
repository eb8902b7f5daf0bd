import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { AuditFilterSchema } from "../../gen/alongside/console/v1/console_pb.ts";
import { Select } from "../../ui/fields.tsx";
import { useStore } from "../context.ts";

/** What the audit log is narrowed to, as the fields hold it. */
export interface Filter {
  readonly action: string;
  readonly device: string;
  readonly result: string;
  readonly since: string; // days, "2026-11-22"
  readonly until: string;
}

export const noFilter: Filter = { action: "", device: "", result: "", since: "", until: "" };

// Prefixes of actions that people look for.
const actions = [
  { value: "", label: "All events" },
  { value: "session.", label: "Sessions" },
  { value: "request.", label: "Requests" },
  { value: "account.", label: "Accounts and sign-ins" },
  { value: "mfa.", label: "Second factors" },
  { value: "device.", label: "Devices" },
  { value: "scope.", label: "Settings scopes" },
  { value: "token.", label: "Enrollment tokens" },
  { value: "key.", label: "API keys" },
  { value: "role.", label: "Roles" },
  { value: "recording.", label: "Recordings" },
  { value: "audit.", label: "Audit log" },
  { value: "mail.", label: "Mail" },
];
const results = [
  { value: "", label: "Any result" },
  { value: "ok", label: "Done" },
  { value: "refused", label: "Refused" },
];

/** The filters of the audit log. */
export function Filters({ filter: f, change }: { filter: Filter; change: (f: Filter) => void }) {
  const devices = [...(useStore().devices.value?.values() ?? [])].map((d) => ({ value: d.id, label: d.info?.hostname || d.id })).sort((a, b) => a.label.localeCompare(b.label));
  const set = (key: keyof Filter) => (v: string) => {
    const next = { ...f, [key]: v };
    change(Object.values(next).every((x) => x === "") ? noFilter : next);
  };
  return (
    <div class="filters" role="group" aria-label="Filters">
      <Select label="Event" name="audit-action" hideLabel value={f.action} options={actions} onValue={set("action")} />
      <Select label="Device" name="audit-device" hideLabel value={f.device} options={[{ value: "", label: "Any device" }, ...devices]} onValue={set("device")} />
      <Select label="Result" name="audit-result" hideLabel value={f.result} options={results} onValue={set("result")} />
      <input type="date" aria-label="From day" name="audit-since" value={f.since} max={f.until} onInput={(e) => set("since")(e.currentTarget.value)} />
      <input type="date" aria-label="To day" name="audit-until" value={f.until} min={f.since} onInput={(e) => set("until")(e.currentTarget.value)} />
      {f !== noFilter && (
        <button type="button" class="btn quiet" data-testid="clear-filters" onClick={() => change(noFilter)}>
          Clear
        </button>
      )}
    </div>
  );
}

/** The filter as the broker takes it; days are those of the reader's own clock. */
export function wireFilter(f: Filter): MessageInitShape<typeof AuditFilterSchema> {
  const day = (text: string, add: number) => {
    const [y, m, d] = text.split("-").map(Number);
    return timestampFromDate(new Date(y ?? 0, (m ?? 1) - 1, (d ?? 1) + add));
  };
  return {
    action: f.action,
    deviceId: f.device,
    result: f.result,
    ...(f.since ? { since: day(f.since, 0) } : {}),
    ...(f.until ? { until: day(f.until, 1) } : {}),
  };
}
