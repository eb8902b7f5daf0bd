import { useState } from "preact/hooks";
import type { RefObject } from "preact";
import { specialKeys } from "../../core/keymap.ts";
import { handOf } from "../../core/participants.ts";
import type { ScaleMode } from "../../core/scale.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { download } from "../../ui/download.ts";
import { Icon } from "../../ui/icon.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { copyPicture, pngOf } from "../../ui/screenshot.ts";
import type { ViewerElement, ViewerStatus } from "../../ui/viewer/element.ts";
import { useCall, useMe, useStore } from "../context.ts";
import { FileMenu } from "./files.tsx";
import { ButtonMenu } from "../button/menu.tsx";
import { ClipboardMenu } from "./clipboard-menu.tsx";
import { ControlMark } from "./control-mark.tsx";
import { PinButton } from "../jump/pin.tsx";
import { CloseSession } from "./session-close.tsx";
import { Countdown, RecordedMark, RestrictedMark, ScreenMark } from "./session-marks.tsx";
import { ShareMenu } from "./share-menu.tsx";
import { SpecialMenu } from "./special-menu.tsx";
import { SideButtons, type SideSwitch } from "./side.tsx";

/** The bar over the screen, for the rep only (I8). */
export function SessionBar({ session, viewer, status, side, bar }: { session: Session; viewer: ViewerElement | undefined; status: ViewerStatus | undefined; side: SideSwitch; bar: RefObject<HTMLElement | null> }) {
  const store = useStore();
  const [scale, setScale] = useState<ScaleMode>("fit");
  const [monitor, setMonitor] = useState(0);
  const [closing, setClosing] = useState(false);
  const me = useMe();
  const device = store.devices.value?.get(session.deviceId);
  const screen = status?.screen;
  const accepted = screen ? screen.control : session.control;
  const control = accepted && handOf(session, me) === "own";
  const off = useCall(async () => {
    if (session.outcomes.includes("leave")) return store.leave(session.id);
    await store.callSession(session.id, store.api.sessions.end({ id: session.id }));
  });
  const picture = useScreenshot(session, viewer);
  const pick = (mode: ScaleMode) => {
    setScale(mode);
    if (viewer) viewer.scale = mode;
  };
  const choose = (id: number) => {
    setMonitor(id);
    if (viewer) viewer.monitor = id;
  };
  return (
    <header class="bar" ref={bar} aria-label="Session" data-testid="bar">
      <button type="button" class="btn quiet square" aria-label="Close the session…" title="Close the session…" data-testid="close-session" onClick={() => setClosing(true)}>
        <Icon name="cross" />
      </button>
      <div class="bar-who">
        <b>{session.deviceName}</b>
        <small>{[device?.info?.user, device?.info?.osVersion || device?.info?.os].filter(Boolean).join(" · ")}</small>
      </div>
      <ControlMark session={session} accepted={accepted} />
      <ScreenMark status={status} />
      <RecordedMark session={session} />
      <RestrictedMark session={session} />
      <Countdown session={session} />
      <span class="sep" />
      <Menu name="Monitor" icon="monitor" label={monitorLabel(status, monitor)} items={monitors(status, monitor, choose)} disabled={!screen || screen.monitors.length === 0} />
      <Menu name="Scale" icon="scale" label={scale === "fit" ? "Fit" : "1:1"} items={scales(scale, pick)} />
      <Menu
        name="Keys"
        icon="keys"
        label="Keys"
        disabled={!control || status?.link !== "open"}
        items={specialKeys.map((k) => ({ id: `keys-${k.name.toLowerCase().replaceAll(" + ", "-").replaceAll(" ", "-")}`, label: k.name, pick: () => viewer?.press(k.codes) }))}
      >
        <p class="menu-note">Ctrl + Alt + Shift + B leads from the screen to this bar.</p>
      </Menu>
      <SpecialMenu session={session} />
      <ClipboardMenu session={session} viewer={viewer} status={status} control={control} />
      <Menu
        name="Screenshot"
        icon="camera"
        label="Screenshot"
        disabled={!viewer || (status?.width ?? 0) === 0}
        items={[
          { id: "screenshot-file", label: "Save as a file", pick: () => picture.run("file") },
          { id: "screenshot-clipboard", label: "Copy to your clipboard", pick: () => picture.run("clipboard") },
        ]}
      />
      <FileMenu session={session} />
      <ButtonMenu session={session} />
      <PinButton session={session} />
      <span class="grow" />
      <small class={`said${picture.failed ? " bad" : ""}`} role="status" data-testid="screenshot-said">
        {picture.said}
      </small>
      {off.why && (
        <small class="bad" role="alert">
          {off.why.text}
        </small>
      )}
      <ShareMenu session={session} invited={() => side.view !== "people" && side.toggle("people")} />
      <SideButtons session={session} side={side} />
      {session.outcomes.includes("leave") ? (
        <button type="button" class="btn" aria-label="Leave the session" data-testid="leave" disabled={off.busy} onClick={() => off.run()}>
          <Icon name="out" />
          {off.busy ? "Leaving…" : "Leave"}
        </button>
      ) : (
        <button type="button" class="btn danger" aria-label="Off: end the session" data-testid="off" disabled={off.busy} onClick={() => off.run()}>
          <Icon name="power" />
          {off.busy ? "Ending…" : "Off"}
        </button>
      )}
      {closing && <CloseSession session={session} close={() => setClosing(false)} />}
    </header>
  );
}

function useScreenshot(session: Session, viewer: ViewerElement | undefined) {
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState(false);
  const run = (to: "file" | "clipboard") => {
    if (!viewer) return;
    const png = viewer.snapshot().then(pngOf);
    const done =
      to === "clipboard"
        ? copyPicture(png)
        : png.then((blob) => {
            const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
            download(`${fileName(session.deviceName)} ${stamp}.png`, [blob], "image/png");
          });
    done.then(
      () => {
        setFailed(false);
        setSaid(to === "file" ? "Saved" : "Copied");
      },
      () => {
        setFailed(true);
        setSaid(to === "file" ? "The picture could not be made." : "The browser does not allow it.");
      },
    );
  };
  return { run, said, failed };
}

/** A device's name as a file's: names of others never become paths. */
function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+/, "") || "screen";
}

function monitorLabel(status: ViewerStatus | undefined, chosen: number): string {
  const all = status?.screen?.monitors ?? [];
  if (chosen === 0) return all.length > 1 ? "All monitors" : "Monitor";
  const at = all.findIndex((m) => m.id === chosen);
  return at < 0 ? "Monitor" : `Monitor ${at + 1}`;
}

function monitors(status: ViewerStatus | undefined, chosen: number, choose: (id: number) => void): MenuItem[] {
  const all = status?.screen?.monitors ?? [];
  return [
    { id: "monitor-all", label: "All monitors", checked: chosen === 0, pick: () => choose(0) },
    ...all.map((m, i) => ({
      id: `monitor-${m.id}`,
      label: `Monitor ${i + 1}`,
      hint: `${m.name ? `${m.name} · ` : ""}${m.width} × ${m.height}${m.primary ? " · primary" : ""}`,
      checked: chosen === m.id,
      pick: () => choose(m.id),
    })),
  ];
}

function scales(scale: ScaleMode, pick: (mode: ScaleMode) => void): MenuItem[] {
  return [
    { id: "scale-fit", label: "Fit", hint: "the whole screen", checked: scale === "fit", pick: () => pick("fit") },
    { id: "scale-actual", label: "1:1", hint: "exact pixels", checked: scale === "actual", pick: () => pick("actual") },
  ];
}
