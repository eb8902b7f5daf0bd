import { machineFacts } from "../../core/machine.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Failed, Loading, Notice } from "../../ui/parts.tsx";
import { useLoad, useStore } from "../context.ts";
import { actionOf } from "./special-menu.tsx";

/** What machine the endpoint is, by its own words, as it was when it was asked (X6). */
export function Machine({ session }: { session: Session }) {
  const store = useStore();
  const { value, why, reload } = useLoad(async (signal) => (await store.api.machine.describe({ sessionId: session.id }, { signal })).info, session.id);
  const action = actionOf(session, "machine");
  const loading = !value && !why;
  return (
    <div class="people">
      {action && !action.enabled && <Notice tone="warn">{action.reason}</Notice>}
      {why && <Failed why={why} retry={reload} />}
      {loading && <Loading rows={6} label="Asking the device" />}
      {value && (
        <>
          <dl class="facts" data-testid="machine-facts">
            {machineFacts(value).map((f) => (
              <div key={f.id} data-testid={`machine-${f.id}`}>
                <dt>{f.name}</dt>
                {f.values.map((v, i) => (
                  <dd key={i}>{v}</dd>
                ))}
              </div>
            ))}
          </dl>
          <p class="menu-note">
            <button type="button" class="btn small" data-testid="machine-refresh" onClick={reload}>
              Ask again
            </button>
          </p>
        </>
      )}
    </div>
  );
}
