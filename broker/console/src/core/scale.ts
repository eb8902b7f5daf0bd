import type { Point } from "../wire/op.ts";

export type ScaleMode = "fit" | "actual";

/** Where the canvas stands on its stage, in CSS pixels. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Places a canvas on a stage. All edges fall on device pixels, so that "actual"
 * shows one remote pixel as one device pixel and is never resampled. "fit"
 * keeps the ratio and never enlarges beyond the actual size.
 */
export function place(mode: ScaleMode, canvas: Size, stage: Size, deviceRatio: number): Placement {
  if (canvas.width === 0 || canvas.height === 0) return { left: 0, top: 0, width: 0, height: 0 };
  const room = { width: Math.floor(stage.width * deviceRatio), height: Math.floor(stage.height * deviceRatio) };
  const factor = mode === "actual" ? 1 : Math.min(1, room.width / canvas.width, room.height / canvas.height);
  const width = Math.max(1, Math.round(canvas.width * factor));
  const height = Math.max(1, Math.round(canvas.height * factor));
  return {
    left: Math.max(0, Math.floor((room.width - width) / 2)) / deviceRatio,
    top: Math.max(0, Math.floor((room.height - height) / 2)) / deviceRatio,
    width: width / deviceRatio,
    height: height / deviceRatio,
  };
}

/** The canvas pixel under a point given relative to the shown canvas's corner, kept on the canvas. */
export function canvasPixel(at: Point, shown: Size, canvas: Size): Point {
  return {
    x: clamp(Math.floor((at.x * canvas.width) / shown.width), canvas.width),
    y: clamp(Math.floor((at.y * canvas.height) / shown.height), canvas.height),
  };
}

function clamp(v: number, size: number): number {
  return Number.isFinite(v) ? Math.min(Math.max(v, 0), Math.max(size - 1, 0)) : 0;
}
