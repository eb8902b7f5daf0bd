import { errorWords, reasonWords, shortReason } from "../../core/words.ts";
import { isIn } from "../../core/participants.ts";
import { stageOf } from "../../core/session.ts";
import { type Device, SessionPhase } from "../../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode, Reason } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Link, useRouter } from "../../ui/frame.tsx";
import { Tag } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";

/** Asks for a session and opens its page. */
export function useStartSession() {
  const store = useStore();
  const router = useRouter();
  return useCall(async (deviceId: string, path: "inventory" | "device", viewOnly: boolean) => {
    // Its id is not known before the answer, so any event of it is newer.
    const { session } = await store.callSession("", store.api.sessions.start({ deviceId, path, viewOnly }));
    if (session) router.go(`/sessions/${encodeURIComponent(session.id)}`);
  });
}

/** The action of a device's row or panel: the button, the session that runs, or the reason why not. */
export function SupportAction({ device, action, path, label, large = false }: { device: Device; action: string; path: "inventory" | "device"; label: string; large?: boolean }) {
  const store = useStore();
  const { run, busy, why } = useStartSession();
  const rep = store.who.value;
  const s = device.session;
  if (s && stageOf(s.phase) !== "over") {
    const mine = typeof rep === "object" && isIn(s, rep.id);
    if (mine) {
      return (
        <Link to={`/sessions/${encodeURIComponent(s.id)}`} class="btn" id="open-session">
          {s.phase === SessionPhase.ACTIVE || s.phase === SessionPhase.HELD ? "Open session" : "Waiting…"}
        </Link>
      );
    }
    return <Tag tone="warn" id="reason">{`in session with ${s.repName || "another rep"}`}</Tag>;
  }
  const a = device.actions.find((x) => x.id === action);
  if (!a?.enabled) {
    const [short, long] = whyNot(device, a?.code ?? ErrorCode.UNSPECIFIED, a?.reason ?? "");
    return large ? (
      <p class="reason-line" data-testid="reason">
        {long}
      </p>
    ) : (
      <Tag title={long} tone={device.online ? "warn" : "plain"} id="reason">
        {short}
      </Tag>
    );
  }
  return (
    <span class="action">
      {why && (
        <small class="bad" role="alert" data-testid="start-error">
          {why.text}
        </small>
      )}
      <button type="button" class={`btn primary${large ? " large" : ""}`} disabled={busy} data-testid={action} aria-label={`${label} ${device.info?.hostname ?? ""}`} onClick={() => run(device.id, path, false)}>
        {busy ? "Asking…" : label}
      </button>
    </span>
  );
}

/** Why an action is not possible: in a few words, and as a sentence. */
export function whyNot(device: Device, code: ErrorCode, reason: string): [string, string] {
  if (device.revoked) return ["revoked", errorWords(ErrorCode.DEVICE_REVOKED)];
  if (!device.online) return ["offline", errorWords(ErrorCode.DEVICE_OFFLINE)];
  const screen = device.capabilities?.screen?.reason ?? Reason.UNSPECIFIED;
  if (reason !== "") return [reason, code === ErrorCode.UNSPECIFIED ? reason : `${errorWords(code)} (${reason})`];
  if (code !== ErrorCode.UNSPECIFIED) return [errorWords(code).replace(/\.$/, ""), errorWords(code)];
  if (screen !== Reason.OK && screen !== Reason.UNSPECIFIED) return [shortReason(screen), reasonWords(screen)];
  return ["not possible", "The server gave no reason."];
}
