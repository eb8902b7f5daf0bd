import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import type { ViewerElement, ViewerStatus } from "../../ui/viewer/element.ts";
import { useClipboard } from "./clipboard.ts";
import { actionOf } from "./special-menu.tsx";

/** The clipboard, both ways as far as the endpoint lets; typing works where it does not reach (X1). */
export function ClipboardMenu({ session, viewer, status, control }: { session: Session; viewer: ViewerElement | undefined; status: ViewerStatus | undefined; control: boolean }) {
  const clipboard = useClipboard(viewer, status);
  const may = status?.clipboard;
  const items: MenuItem[] = [
    ...(may?.toEndpoint ? [{ id: "clipboard-send", label: "Send your clipboard", hint: "then paste it there", pick: () => clipboard.send() }] : []),
    ...(may?.fromEndpoint ? [{ id: "clipboard-get", label: "Get the remote clipboard", hint: "what was copied last", pick: () => clipboard.get() }] : []),
    ...(may?.toEndpoint || may?.fromEndpoint ? [{ id: "clipboard-follow", label: "Keep in step", hint: "while this page is in front", several: true, checked: clipboard.follows, pick: () => clipboard.follow(!clipboard.follows) }] : []),
    ...(control ? [{ id: "clipboard-type", label: "Type your clipboard", hint: "as keystrokes", pick: () => clipboard.type() }] : []),
  ];
  const why = whyNot(session, status);
  return (
    <>
      <Menu name="Clipboard" icon="clipboard" label="Clipboard" items={items} disabled={status?.link !== "open"}>
        {why && (
          <p class="menu-note" data-testid="clipboard-why">
            {why}
          </p>
        )}
      </Menu>
      {clipboard.kept && (
        <button type="button" class="btn" data-testid="clipboard-take" onClick={() => clipboard.takeKept()}>
          Copy the remote text
        </button>
      )}
      <small class={`said${clipboard.failed ? " bad" : ""}`} role="status" data-testid="clipboard-said">
        {clipboard.said}
      </small>
    </>
  );
}

/** Why text does not go one way, or both. */
function whyNot(session: Session, status: ViewerStatus | undefined): string {
  const action = actionOf(session, "clipboard");
  const may = status?.clipboard;
  if (may?.toEndpoint && may.fromEndpoint) return "";
  if (may?.toEndpoint) return "Nothing comes from the device's clipboard.";
  if (may?.fromEndpoint) return "Nothing goes into the device's clipboard: you do not control, or may not.";
  if (action && !action.enabled) return `Not shared: ${action.reason || "you may not use it"}.`;
  return "The device does not share its clipboard with you now.";
}
