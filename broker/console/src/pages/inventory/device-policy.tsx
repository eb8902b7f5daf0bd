import { timestampDate } from "@bufbuild/protobuf/wkt";
import { ago } from "../../core/time.ts";
import type { DevicePolicy } from "../../gen/alongside/console/v1/console_pb.ts";
import { Notice, Tag, type Tone } from "../../ui/parts.tsx";

type State = "none" | "refused" | "expired" | "waiting" | "obeyed";

const words: Readonly<Record<State, readonly [Tone, string]>> = {
  none: ["plain", "none told yet"],
  refused: ["bad", "refused"],
  expired: ["warn", "run out"],
  waiting: ["warn", "not confirmed yet"],
  obeyed: ["good", "obeyed"],
};

/** What the device was told of its settings, and what it says it obeys. */
export function PolicyPanel({ policy: p, now }: { policy: DevicePolicy; now: Date }) {
  const state = stateOf(p, now);
  const [tone, text] = words[state];
  return (
    <section class="card" aria-labelledby="policy-title" data-testid="device-policy" data-state={state}>
      <div class="tools">
        <h2 id="policy-title">Settings it obeys</h2>
        <span class="grow" />
        <Tag tone={tone}>{text}</Tag>
      </div>
      {state === "refused" && <Notice tone="bad">{`The device refused version ${p.told}: ${p.refused}`}</Notice>}
      {state === "expired" && <Notice tone="warn">What the device was told has run out: its own rules alone count. It is told again when it is online.</Notice>}
      <dl class="facts">
        <Row name="Told" id="policy-told" value={p.told === 0n ? "nothing yet" : `version ${p.told} ${since(p.toldAt, now)}`} />
        <Row name="In force" id="policy-obeyed" value={p.obeyed === 0n || state === "expired" ? "its own rules only" : `version ${p.obeyed}`} />
        <Row name="It says so" id="policy-reported" value={p.reportedAt ? since(p.reportedAt, now) : "not yet"} />
        {p.expiresAt && <Row name="Holds until" id="policy-expires" value={timestampDate(p.expiresAt).toLocaleString()} />}
      </dl>
    </section>
  );
}

function stateOf(p: DevicePolicy, now: Date): State {
  if (p.told === 0n) return "none";
  if (p.refused !== "") return "refused";
  if (p.expiresAt && timestampDate(p.expiresAt) <= now) return "expired";
  return p.obeyed < p.told ? "waiting" : "obeyed";
}

function since(at: DevicePolicy["toldAt"], now: Date): string {
  if (!at) return "";
  const date = timestampDate(at);
  return `since ${date.toLocaleString()} (${ago(date, now)})`;
}

function Row({ name, value, id }: { name: string; value: string; id: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={id}>{value}</dd>
    </div>
  );
}
