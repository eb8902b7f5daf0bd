import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { RequestPhase, type SupportRequest } from "../../gen/alongside/console/v1/request_pb.ts";
import { Select } from "../../ui/fields.tsx";
import { Empty, Failed, Loading, Tag } from "../../ui/parts.tsx";
import { useList, useNow, useStore } from "../context.ts";
import { RequestItem } from "./request-item.tsx";

const states = [
  { value: "open", label: "Pending" },
  { value: "approved", label: "Approved" },
  { value: "denied", label: "Denied" },
  { value: "closed", label: "Cancelled or expired" },
  { value: "all", label: "All" },
] as const;
type State = (typeof states)[number]["value"];

const phases: Readonly<Record<State, readonly RequestPhase[]>> = {
  open: [RequestPhase.PENDING],
  approved: [RequestPhase.APPROVED, RequestPhase.DONE],
  denied: [RequestPhase.DENIED],
  closed: [RequestPhase.CANCELLED, RequestPhase.EXPIRED],
  all: [],
};

/** What customers asked for: pending ones first, kept current without a reload. */
export function RequestsPage() {
  const store = useStore();
  const now = useNow(15_000);
  const [state, setState] = useState<State>("open");
  const view = store.view.value;
  const listed = useList("requests", async (signal) => (await store.api.requests.listRequests({ view }, { signal })).requests, view);
  const all = listed.value && merged(listed.value, [...store.requests.value.values()].filter((r) => store.inView(store.devices.value?.get(r.deviceId))));
  const wanted = phases[state];
  // One that was decided while it was looked at stays, so that its answer can be read.
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const shown = all?.filter((r) => wanted.length === 0 || wanted.includes(r.phase) || touched.has(r.id));
  const pending = all?.filter((r) => r.phase === RequestPhase.PENDING).length ?? 0;
  return (
    <>
      <header class="head">
        <h1>Requests</h1>
        {all && <Tag tone={pending > 0 ? "warn" : "plain"} id="pending-count">{`${pending} pending`}</Tag>}
      </header>
      <section class="card" aria-label="Requests">
        <div class="tools">
          <Select
            label="State"
            name="state"
            hideLabel
            value={state}
            options={states}
            onValue={(v) => {
              setTouched(new Set());
              setState(v as State);
            }}
          />
        </div>
        {!all && !listed.why && <Loading rows={4} label="Loading requests" />}
        {listed.why && <Failed why={listed.why} retry={listed.reload} />}
        {!listed.why && shown?.length === 0 && (
          <Empty icon="requests" title={state === "open" ? "Nobody waits" : "Nothing here"}>
            {state === "open" ? "A request appears here the moment somebody asks for help at a device." : "No request is in this state."}
          </Empty>
        )}
        {!listed.why && shown && shown.length > 0 && (
          <ul class="list">
            {shown.map((r) => (
              <RequestItem key={r.id} request={r} now={now} touch={() => setTouched(new Set(touched).add(r.id))} reload={listed.reload} />
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

/** What was listed, with what the live stream told since: pending first, newest first. */
function merged(listed: readonly SupportRequest[], live: readonly SupportRequest[]): SupportRequest[] {
  const all = new Map(listed.map((r) => [r.id, r]));
  for (const r of live) {
    const known = all.get(r.id);
    // A decision is final: an older "pending" does not undo it.
    if (!known || known.phase === RequestPhase.PENDING || r.phase !== RequestPhase.PENDING) all.set(r.id, r);
  }
  const at = (r: SupportRequest) => (r.at ? timestampMs(r.at) : 0);
  const late = (r: SupportRequest) => (r.phase === RequestPhase.PENDING ? 0 : 1);
  return [...all.values()].sort((a, b) => late(a) - late(b) || at(b) - at(a));
}
