import { useState } from "preact/hooks";
import { errorWords } from "../../core/words.ts";
import type { JumpClient } from "../../gen/alongside/console/v1/jump_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { useRouter } from "../../ui/frame.tsx";
import { Tag } from "../../ui/parts.tsx";
import { passkeyFailure, passkeysWork, usePasskey } from "../../ui/passkey.ts";
import { useCall, useStore } from "../context.ts";

export const actionOf = (c: JumpClient, id: string) => c.actions.find((a) => a.id === id);

/** Starts a Jump Client, or joins who is on it; otherwise says why not (J8, Q13). One that is
 *  locked wants a passkey, unless a person at the device is to be asked (D9). */
export function JumpAction({ client: c }: { client: JumpClient }) {
  const store = useStore();
  const router = useRouter();
  const join = actionOf(c, "join")?.enabled ?? false;
  const [unproved, setUnproved] = useState<string>();
  const { run, busy, why } = useCall(async (person: boolean) => {
    setUnproved(undefined);
    const q: { id: string; proof?: { id: string; assertionJson: string } } = { id: c.id };
    if (c.locked && !join && !person) {
      const asked = await store.api.jumps.challengeJump({ id: c.id });
      try {
        q.proof = { id: asked.id, assertionJson: await usePasskey(asked.optionsJson) };
      } catch (err) {
        setUnproved(passkeysWork() ? passkeyFailure(err) : "Passkeys do not work at this address.");
        return;
      }
    }
    const { session } = await store.callSession("", store.api.jumps.startJump(q));
    if (session) router.go(`/sessions/${encodeURIComponent(session.id)}`);
  });
  const start = actionOf(c, "start");
  if (!start?.enabled) {
    const code = start?.code ?? ErrorCode.UNSPECIFIED;
    const long = code === ErrorCode.UNSPECIFIED ? (start?.reason ?? "") : errorWords(code);
    return (
      <Tag tone="warn" title={[long, start?.reason].filter(Boolean).join(" ")} id="reason">
        {start?.reason || long}
      </Tag>
    );
  }
  return (
    <span class="action">
      {unproved !== undefined && (
        <>
          <small class="bad" role="alert" data-testid="start-unproved">
            {unproved}
          </small>
          <button type="button" class="btn" disabled={busy} data-testid="jump-person" title="Starts only if somebody there says yes." onClick={() => run(true)}>
            Ask the person there
          </button>
        </>
      )}
      {why && (
        <small class="bad" role="alert" data-testid="start-error">
          {why.detail ? `${why.text} (${why.detail})` : why.text}
        </small>
      )}
      <button type="button" class="btn primary" disabled={busy} data-testid="jump" aria-label={`${join ? "Join" : "Jump to"} ${c.name}`} onClick={() => run(false)}>
        {busy ? "Asking…" : join ? "Join" : "Jump"}
      </button>
    </span>
  );
}
