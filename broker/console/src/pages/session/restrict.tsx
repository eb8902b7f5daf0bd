import { errorWords } from "../../core/words.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import type { MenuItem } from "../../ui/menu.tsx";
import { useCall, useStore } from "../context.ts";

/** Restricting the customer's own input, and the privacy screen (X15). */
export function useRestrict(session: Session) {
  const store = useStore();
  const input = session.restriction?.input ?? false;
  const screen = session.restriction?.screen ?? false;
  const { run, why } = useCall(async (want: { input: boolean; screen: boolean }) => {
    await store.api.machine.restrict({ sessionId: session.id, ...want });
  });
  const items: MenuItem[] = [
    ...item(session, "restrict_input", "restrict-input", "Restrict the customer's input", input, "Their keys and clicks do nothing", () => run({ input: !input, screen })),
    ...item(session, "privacy_screen", "privacy-screen", "Privacy screen", screen, "Their monitors are dark", () => run({ input, screen: !screen })),
  ];
  const [first, ...rest] = items;
  return { items: first ? [{ ...first, section: "Customer" }, ...rest] : [], why };
}

/** An action that may not be done now says why in its place; one that its scope or role does not know is not there. */
function item(session: Session, action: string, id: string, label: string, checked: boolean, hint: string, pick: () => void): MenuItem[] {
  const a = session.actions.find((x) => x.id === action);
  if (!a || (!a.enabled && absent(a.code))) return [];
  return [{ id, label, checked, several: true, hint: a.enabled ? hint : errorWords(a.code, a.reason), disabled: !a.enabled, pick }];
}

function absent(code: ErrorCode): boolean {
  return code === ErrorCode.FORBIDDEN || code === ErrorCode.POLICY_DENIED || code === ErrorCode.NOT_PARTICIPANT || code === ErrorCode.SESSION_UNKNOWN;
}
