import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Link } from "../../ui/frame.tsx";
import { Loading, Notice } from "../../ui/parts.tsx";
import { useLoad, useStore } from "../context.ts";
import { Prove } from "./prove.tsx";

/** Asks for a second factor when a call needs one; the call is made again afterwards (A6, A7). */
export function StepUp() {
  const store = useStore();
  const wanted = store.proofs.wanted.value;
  if (!wanted) return null;
  return (
    <Dialog title="Confirm that it is you" close={() => wanted.settle(false)} id="step-up-dialog">
      <p class="muted">{wanted.code === ErrorCode.MFA_STALE ? "It was some time ago that you showed your second factor." : "This needs your second factor."}</p>
      <Factors done={() => wanted.settle(true)} leave={() => wanted.settle(false)} />
      <footer class="dialog-foot">
        <button type="button" class="btn quiet" data-testid="step-up-cancel" onClick={() => wanted.settle(false)}>
          Cancel
        </button>
      </footer>
    </Dialog>
  );
}

function Factors({ done, leave }: { done: () => void; leave: () => void }) {
  const store = useStore();
  const factors = useLoad((signal) => store.api.mfa.listFactors({}, { signal }), "");
  if (!factors.value && !factors.why) return <Loading rows={1} label="Preparing" />;
  if (factors.value?.factors.length === 0) {
    return (
      <div class="stack" data-testid="no-factor">
        <Notice tone="warn">You have no second factor yet. Set one up, then start again.</Notice>
        <span onClick={leave}>
          <Link to="/account" class="btn primary wide" id="to-account">
            Set up a second factor
          </Link>
        </span>
      </div>
    );
  }
  return <Prove done={done} />;
}
