// Limits of the protocol, as in the Go package wire. A message beyond one is
// malformed and ends its stream.

export const version = 1;
export const versionMin = 1;
export const maxControl = 64 << 10;
export const maxMediaPayload = 1 << 20;
export const maxCanvas = 16384;
export const maxCanvasPixels = 64 << 20;
/** The most pixels that one operation's data decodes to. */
export const maxOpPixels = 4 << 20;
/** The most that one update paints, as a multiple of the canvas. */
export const maxPaints = 16;
export const maxRects = 4096;
export const maxCursor = 256;
export const maxTables = 16;
/** The largest data of one table, in bytes. */
export const maxTableBytes = 4 << 10;
/** How many times smaller than its rectangle a photo may be. */
export const maxPhotoScale = 8;
export const maxInputEvents = 512;
/** The longest text of one input event, in bytes of UTF-8. */
export const maxInputText = 1024;
/** The longest text of the clipboard, in bytes of UTF-8. */
export const maxClipboard = 1 << 20;
/** The longest chat message, in bytes of UTF-8. */
export const maxText = 8 << 10;
