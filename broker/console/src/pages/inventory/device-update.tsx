import { timestampDate } from "@bufbuild/protobuf/wkt";
import { ago } from "../../core/time.ts";
import type { DeviceUpdate } from "../../gen/alongside/console/v1/console_pb.ts";
import { TrialResult } from "../../gen/alongside/wire/v1/link_pb.ts";
import { Tag } from "../../ui/parts.tsx";

type Words = readonly [state: string, text: string];

const unknown: Words = ["unknown", "The device says so in a way that this page does not know."];

const words: Readonly<Partial<Record<TrialResult, Words>>> = {
  [TrialResult.INSTALLED]: ["installed", "It runs."],
  [TrialResult.NOT_STARTING]: ["not_starting", "It does not start on this device. The version before it runs."],
  [TrialResult.CRASHED]: ["crashed", "Its service did not become ready. The version before it runs, and this one is not tried again."],
  [TrialResult.NOT_CONNECTED]: ["not_connected", "It did not reach this broker. The version before it runs, and this one is not tried again."],
  [TrialResult.BROKER_AWAY]: ["broker_away", "This broker could not be reached, by the version before it neither. It is tried again."],
};

/** What became of the version of its program that the device tried last. */
export function UpdatePanel({ update: u, now }: { update: DeviceUpdate; now: Date }) {
  const runs = u.result === TrialResult.INSTALLED;
  const [state, text] = words[u.result] ?? unknown;
  const ended = u.endedAt && timestampDate(u.endedAt);
  return (
    <section class="card" aria-labelledby="update-title" data-testid="device-update" data-state={state}>
      <div class="tools">
        <h2 id="update-title">Last update</h2>
        <span class="grow" />
        <Tag tone={runs ? "good" : "bad"}>{runs ? "installed" : "taken back"}</Tag>
      </div>
      <p>{text}</p>
      <dl class="facts">
        <div>
          <dt>Version</dt>
          <dd data-testid="update-version">{u.version}</dd>
        </div>
        {ended && (
          <div>
            <dt>When</dt>
            <dd data-testid="update-ended">{`${ended.toLocaleString()} by the device's clock (${ago(ended, now)})`}</dd>
          </div>
        )}
        {u.detail !== "" && (
          <div>
            <dt>It says</dt>
            <dd data-testid="update-detail">{u.detail}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}
