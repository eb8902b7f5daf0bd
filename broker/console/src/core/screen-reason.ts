import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { RestartState } from "../gen/alongside/wire/v1/machine_pb.ts";
import { ErrorCode, Reason } from "../gen/alongside/wire/v1/reason_pb.ts";
import { errorWords, reasonWords } from "./words.ts";

/** The one thing to say over the screen. */
export interface ScreenReason {
  readonly name: string;
  readonly text: string;
  readonly tone: "plain" | "warn" | "bad";
  /** Something is being tried; a spinner says so. */
  readonly waits: boolean;
}

/** What of the viewer's state decides. */
export interface ViewerState {
  readonly link: "connecting" | "open" | "lost" | "ended";
  readonly failure: { readonly code: ErrorCode; readonly text: string } | undefined;
  readonly screen: { readonly reason: Reason; readonly detail: string; readonly promptOpen: boolean } | undefined;
  readonly width: number;
}

/** Whether it is said beside a picture that can be used as any other, and never over it. */
export function isBeside(reason: Reason): boolean {
  return reason === Reason.LOCKED || reason === Reason.LOGIN_SCREEN;
}

/** Whether pixels are shown although there may be something to say. */
export function showsPixels(reason: Reason): boolean {
  return reason === Reason.OK || reason === Reason.INPUT_PERMISSION_MISSING || isBeside(reason);
}

/** The nearest broken part first; undefined when all is well. */
export function screenReason(session: Session, status: ViewerState | undefined, live: boolean, silent: boolean, takenOver = false): ScreenReason | undefined {
  const say = (name: string, text: string, tone: ScreenReason["tone"], waits = false): ScreenReason => ({ name, text, tone, waits });
  const failure = status?.failure;
  if (status?.link === "ended") return say("link_ended", failure?.text || errorWords(ErrorCode.UNSPECIFIED), "bad");
  if (takenOver) return say("elevating", "The client is starting again with more rights. The screen comes back by itself.", "plain", true);
  if (silent) return say("silent", "Nothing comes from the server. Reconnecting…", "warn", true);
  if (!session.agentConnected && session.restart?.state === RestartState.RESTARTING) return say("restarting", "The device is restarting. The screen comes back with it, when the person has signed in again.", "plain", true);
  if (!session.agentConnected) return say("agent_lost", "The connection to the device is lost. Reconnecting…", "warn", true);
  if (!status || status.link === "connecting") return say("connecting", "Opening the screen…", "plain", true);
  if (status.link === "lost") {
    const known = failure && failure.code !== ErrorCode.UNSPECIFIED ? `${failure.text} ` : "The connection is lost. ";
    return say("link_lost", `${known}Reconnecting…`, "warn", true);
  }
  if (!live) return say("broker_lost", "The server cannot be reached. Reconnecting…", "warn", true);
  const screen = status.screen;
  if (!screen) return say("starting", reasonWords(Reason.STARTING), "plain", true);
  const name = (Object.entries(Reason).find(([, v]) => v === screen.reason)?.[0] ?? "UNSPECIFIED").toLowerCase();
  if (screen.reason !== Reason.OK && !isBeside(screen.reason)) {
    const waits = screen.reason === Reason.STARTING || screen.reason === Reason.ASKING || screen.reason === Reason.DESKTOP_ASKS || screen.reason === Reason.HELPER_RESTARTING || screen.reason === Reason.HELPER_SILENT || screen.reason === Reason.INDICATOR_SILENT || screen.reason === Reason.DISPLAY_SERVER_GONE;
    return say(name, [reasonWords(screen.reason), screen.detail].filter(Boolean).join(" "), "warn", waits);
  }
  if (screen.promptOpen) return say("prompt_open", "The device shows one of Alongside's own questions. Only the person there can answer it.", "warn");
  if (status.width === 0) return say("starting", reasonWords(Reason.STARTING), "plain", true);
  return undefined;
}
