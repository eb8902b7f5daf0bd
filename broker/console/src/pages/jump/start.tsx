import { errorWords } from "../../core/words.ts";
import type { JumpClient } from "../../gen/alongside/console/v1/jump_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { useRouter } from "../../ui/frame.tsx";
import { Tag } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";

export const actionOf = (c: JumpClient, id: string) => c.actions.find((a) => a.id === id);

/** Starts a Jump Client, or joins who is on it; otherwise says why not (J8, Q13). */
export function JumpAction({ client: c }: { client: JumpClient }) {
  const store = useStore();
  const router = useRouter();
  const { run, busy, why } = useCall(async () => {
    const { session } = await store.callSession("", store.api.jumps.startJump({ id: c.id }));
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
  const join = actionOf(c, "join")?.enabled ?? false;
  return (
    <span class="action">
      {why && (
        <small class="bad" role="alert" data-testid="start-error">
          {why.detail ? `${why.text} (${why.detail})` : why.text}
        </small>
      )}
      <button type="button" class="btn primary" disabled={busy} data-testid="jump" aria-label={`${join ? "Join" : "Jump to"} ${c.name}`} onClick={() => run()}>
        {busy ? "Asking…" : join ? "Join" : "Jump"}
      </button>
    </span>
  );
}
