import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { requestOutcome, requestPhaseName } from "../../core/request.ts";
import { ago } from "../../core/time.ts";
import { RequestPhase, type SupportRequest } from "../../gen/alongside/console/v1/request_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { failure } from "../../net/api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/fields.tsx";
import { Link, useRouter } from "../../ui/frame.tsx";
import { Avatar, Notice, Tag, type Tone } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import { Peek } from "../queue/peek.tsx";

const tones: Readonly<Partial<Record<RequestPhase, Tone>>> = { [RequestPhase.PENDING]: "warn", [RequestPhase.APPROVED]: "good", [RequestPhase.DONE]: "good", [RequestPhase.DENIED]: "bad" };

/** One request with who asks, how to reach them and why, and the decision. */
export function RequestItem({ request: r, now, touch, reload }: { request: SupportRequest; now: Date; touch: () => void; reload: () => void }) {
  const store = useStore();
  const router = useRouter();
  const [denying, setDenying] = useState(false);
  const [late, setLate] = useState(false);
  // Whoever comes second learns it, and sees what the first one decided.
  const deciding = async (decide: () => Promise<SupportRequest | undefined>) => {
    touch();
    try {
      const decided = await decide();
      store.takeRequest(decided);
      return decided;
    } catch (err) {
      if (failure(err).code !== ErrorCode.ALREADY_DECIDED) throw err;
      setLate(true);
      reload();
      return undefined;
    }
  };
  const approve = useCall(async (viewOnly: boolean) => {
    const decided = await deciding(async () => (await store.api.requests.approve({ id: r.id, viewOnly })).request);
    if (decided?.sessionId) router.go(`/sessions/${encodeURIComponent(decided.sessionId)}`);
  });
  const pending = r.phase === RequestPhase.PENDING;
  const accept = (
    <button type="button" class="btn primary" data-testid="approve" aria-label={`Approve the request of ${r.name}`} disabled={approve.busy} onClick={() => approve.run(false)}>
      {approve.busy ? "Asking…" : "Approve"}
    </button>
  );
  const problem = approve.why && <Notice tone="bad">{approve.why.text}</Notice>;
  return (
    <li class="item request" data-testid="request" data-request={r.id} data-phase={requestPhaseName(r.phase)}>
      <Avatar name={r.name || r.user || "?"} />
      <div class="grow">
        <b data-testid="request-name">{r.name || r.user}</b>{" "}
        <small>
          <Link to={`/devices/${encodeURIComponent(r.deviceId)}`}>{r.deviceName || "a device"}</Link>
          {` · ${r.user ? `${r.user} · ` : ""}`}
          {r.queueName && <span data-testid="request-queue">{`${r.queueName} · `}</span>}
          {r.at && <time dateTime={timestampDate(r.at).toISOString()} title={timestampDate(r.at).toLocaleString()}>{ago(timestampDate(r.at), now)}</time>}
        </small>
        {r.buttonTitle && (
          <p class="muted" data-testid="request-button">
            {`By the Support Button “${r.buttonTitle}”${r.buttonNote ? `: ${r.buttonNote}` : ""}`}
          </p>
        )}
        <p class="quote" data-testid="request-reason">
          {r.reason}
        </p>
        <small data-testid="request-contact">{[r.email, r.phone].filter(Boolean).join(" · ")}</small>
        {late && (
          <Notice tone="warn" id="already-decided">
            Somebody else has decided this already.
          </Notice>
        )}
        {problem}
        {!pending && <p class="muted" data-testid="request-outcome">{requestOutcome(r.phase, r.decidedBy, r.decision)}</p>}
      </div>
      <div class="action">
        {pending && r.waitsForMe && (
          <Peek session={r.sessionId} name={r.name || r.user}>
            {problem}
            {r.mayDecide && accept}
          </Peek>
        )}
        {pending && r.mayDecide && (
          <>
            <button type="button" class="btn" data-testid="deny" aria-label={`Deny the request of ${r.name}`} disabled={approve.busy} onClick={() => setDenying(true)}>
              Deny
            </button>
            <button type="button" class="btn" data-testid="approve-view" aria-label={`Approve the request of ${r.name}, view only`} disabled={approve.busy} onClick={() => approve.run(true)}>
              Approve to watch
            </button>
            {accept}
          </>
        )}
        {pending && !r.mayDecide && <Tag tone="warn" id="may-not">{r.mayNotWhy || "not yours to decide"}</Tag>}
        {!pending && <Tag tone={tones[r.phase] ?? "plain"}>{requestPhaseName(r.phase)}</Tag>}
        {!pending && r.sessionId && store.may("audit.read") && (
          <Link to={`/audit?session=${encodeURIComponent(r.sessionId)}`} class="btn quiet">
            Details
          </Link>
        )}
      </div>
      {denying && (
        <Deny
          request={r}
          close={() => setDenying(false)}
          deny={async (reason) => {
            await deciding(async () => (await store.api.requests.deny({ id: r.id, reason })).request);
            setDenying(false);
          }}
        />
      )}
    </li>
  );
}

function Deny({ request: r, close, deny }: { request: SupportRequest; close: () => void; deny: (reason: string) => Promise<void> }) {
  const [reason, setReason] = useState("");
  const { run, busy, why } = useCall(deny);
  return (
    <Dialog title={`Deny the request of ${r.name || r.user}?`} close={close} id="deny-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          run(reason.trim());
        }}
      >
        <p class="muted">This is final. The person at {r.deviceName} is told, with your reason.</p>
        {why && <Notice tone="bad">{why.text}</Notice>}
        <TextArea label="Reason" name="deny-reason" hint="May stay empty." value={reason} onValue={setReason} autofocus />
        <footer class="dialog-foot">
          <button type="button" class="btn quiet" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="btn danger solid" disabled={busy} data-testid="deny-confirm">
            {busy ? "Denying…" : "Deny"}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
