/** What an operation of an update does to the canvas. */
export const OpKind = {
  Resize: 1,
  Move: 2,
  Store: 3,
  Cached: 4,
  Lossless: 5,
  Photo: 6,
  Fill: 7,
  CursorShape: 8,
  CursorPosition: 9,
  Residual: 10,
  Video: 11,
  Tables: 12,
} as const;

/** Operations from this kind on may be skipped by a viewer that does not know them. */
export const opOptional = 128;

export const codecZstdRGB = 1;
export const codecCopies = 2;
export const codecPlanes = 3;
export const codecJPEG = 1;
export const codecJPEGTables = 2;
export const tablesJPEG = 1;
export const cursorHidden = 0;
export const cursorZstdRGBA = 1;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rect extends Point {
  readonly w: number;
  readonly h: number;
}

/** Moves src so that its corner is at x, y. */
export interface Copy extends Point {
  readonly src: Rect;
}

export interface Fill {
  readonly rect: Rect;
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/** One parsed operation. Data aliases the payload. */
export type Op =
  | { readonly kind: typeof OpKind.Resize; readonly width: number; readonly height: number }
  | { readonly kind: typeof OpKind.Move; readonly copies: readonly Copy[] }
  | { readonly kind: typeof OpKind.Store; readonly slots: readonly { readonly slot: number; readonly rect: Rect }[] }
  | { readonly kind: typeof OpKind.Cached; readonly slots: readonly ({ readonly slot: number } & Point)[] }
  | {
      readonly kind: typeof OpKind.Lossless | typeof OpKind.Residual;
      readonly codec: number;
      readonly rects: readonly Rect[];
      readonly data: Uint8Array;
    }
  | {
      readonly kind: typeof OpKind.Photo;
      readonly codec: number;
      readonly rect: Rect;
      readonly table?: number; // of codecJPEGTables
      readonly data: Uint8Array;
    }
  | { readonly kind: typeof OpKind.Fill; readonly fills: readonly Fill[] }
  | ({
      readonly kind: typeof OpKind.CursorShape;
      readonly codec: number;
      readonly width: number;
      readonly height: number;
      readonly data: Uint8Array;
    } & Point)
  | ({ readonly kind: typeof OpKind.CursorPosition } & Point)
  | {
      readonly kind: typeof OpKind.Video;
      readonly region: number;
      readonly codec: number;
      readonly key: boolean;
      readonly rect: Rect;
      readonly data: Uint8Array;
    }
  | { readonly kind: typeof OpKind.Tables; readonly table: number; readonly codec: number; readonly data: Uint8Array };
