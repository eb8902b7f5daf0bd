import type { ClipboardState, ScreenState } from "../gen/alongside/wire/v1/viewer_pb.ts";
import type { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import type { Ticket } from "../net/channel.ts";
import type { Media } from "../wire/media.ts";

// What the page and the viewer's worker say to each other. Types only.

export type ToWorker =
  | { readonly type: "canvas"; readonly canvas: OffscreenCanvas; readonly recorded?: boolean }
  | { readonly type: "attach"; readonly ticket: Ticket; readonly monitor: number; readonly paused: boolean }
  | { readonly type: "view"; readonly monitor: number; readonly paused: boolean }
  | { readonly type: "input"; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly type: "snapshot"; readonly id: number }
  /** Text for the endpoint's clipboard; seq comes back with how it went. */
  | { readonly type: "paste"; readonly seq: number; readonly text: string }
  /** Asks for what was copied there: last, or next. */
  | { readonly type: "copy"; readonly next: boolean }
  | { readonly type: "detach" }
  /** Messages of a recording, to be shown at once; fresh: nothing of before counts. Answered by "played". */
  | { readonly type: "play"; readonly id: number; readonly fresh: boolean; readonly media: readonly Media[] };

/** The endpoint's pointer: its picture and hot spot, or null when it shows none. */
export interface CursorShape {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly png: Blob;
}

export type FromWorker =
  | { readonly type: "open"; readonly via: "webtransport" | "websocket" }
  /** The link ended. final: trying again is of no use. */
  | { readonly type: "lost"; readonly code: ErrorCode; readonly detail: string; readonly final: boolean; readonly retryAfterMs: number }
  | { readonly type: "state"; readonly state: Screen }
  | { readonly type: "size"; readonly width: number; readonly height: number }
  | { readonly type: "shown"; readonly epoch: number; readonly seq: number }
  | { readonly type: "cursor"; readonly shape: CursorShape | null }
  | { readonly type: "pointer"; readonly x: number; readonly y: number }
  | { readonly type: "copied"; readonly text: string }
  | { readonly type: "clipboard"; readonly state: Clipboard }
  | { readonly type: "snapshot"; readonly id: number; readonly width: number; readonly height: number; readonly pixels: Uint8ClampedArray<ArrayBuffer> }
  /** What a "play" brought is on the canvas, or could not be read. */
  | { readonly type: "played"; readonly id: number; readonly error: string }
  /** The worker cannot work in this browser at all. */
  | { readonly type: "unable"; readonly detail: string };

export interface Monitor {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly primary: boolean;
}

/** ClipboardState as plain data. */
export type Clipboard = Pick<ClipboardState, "toEndpoint" | "fromEndpoint" | "seq" | "code" | "detail" | "wish">;

/** ScreenState as plain data. */
export type Screen = Pick<ScreenState, "reason" | "detail" | "monitor" | "control" | "promptOpen"> & {
  readonly monitors: readonly Monitor[];
};
