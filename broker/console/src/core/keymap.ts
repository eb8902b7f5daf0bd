// The physical key of a DOM KeyboardEvent.code as a usage of the HID keyboard
// page (HID Usage Tables 1.5, page 0x07).

const letters: Record<string, number> = {};
for (let i = 0; i < 26; i++) letters[`Key${String.fromCharCode(65 + i)}`] = 0x04 + i;

const numbered: Record<string, number> = {};
for (let i = 1; i <= 9; i++) {
  numbered[`Digit${i}`] = 0x1d + i;
  numbered[`Numpad${i}`] = 0x58 + i;
}
for (let i = 1; i <= 12; i++) numbered[`F${i}`] = 0x39 + i;
for (let i = 13; i <= 24; i++) numbered[`F${i}`] = 0x5b + i;

/** HID usage by KeyboardEvent.code. */
export const usages: Readonly<Record<string, number>> = {
  ...letters,
  ...numbered,
  Digit0: 0x27,
  Enter: 0x28,
  Escape: 0x29,
  Backspace: 0x2a,
  Tab: 0x2b,
  Space: 0x2c,
  Minus: 0x2d,
  Equal: 0x2e,
  BracketLeft: 0x2f,
  BracketRight: 0x30,
  Backslash: 0x31,
  Semicolon: 0x33,
  Quote: 0x34,
  Backquote: 0x35,
  Comma: 0x36,
  Period: 0x37,
  Slash: 0x38,
  CapsLock: 0x39,
  PrintScreen: 0x46,
  ScrollLock: 0x47,
  Pause: 0x48,
  Insert: 0x49,
  Home: 0x4a,
  PageUp: 0x4b,
  Delete: 0x4c,
  End: 0x4d,
  PageDown: 0x4e,
  ArrowRight: 0x4f,
  ArrowLeft: 0x50,
  ArrowDown: 0x51,
  ArrowUp: 0x52,
  NumLock: 0x53,
  NumpadDivide: 0x54,
  NumpadMultiply: 0x55,
  NumpadSubtract: 0x56,
  NumpadAdd: 0x57,
  NumpadEnter: 0x58,
  Numpad0: 0x62,
  NumpadDecimal: 0x63,
  IntlBackslash: 0x64,
  ContextMenu: 0x65,
  Power: 0x66,
  NumpadEqual: 0x67,
  Open: 0x74,
  Help: 0x75,
  Props: 0x76,
  Select: 0x77,
  Again: 0x79,
  Undo: 0x7a,
  Cut: 0x7b,
  Copy: 0x7c,
  Paste: 0x7d,
  Find: 0x7e,
  AudioVolumeMute: 0x7f,
  AudioVolumeUp: 0x80,
  AudioVolumeDown: 0x81,
  NumpadComma: 0x85,
  IntlRo: 0x87,
  KanaMode: 0x88,
  IntlYen: 0x89,
  Convert: 0x8a,
  NonConvert: 0x8b,
  Lang1: 0x90,
  Lang2: 0x91,
  Lang3: 0x92,
  Lang4: 0x93,
  Lang5: 0x94,
  NumpadParenLeft: 0xb6,
  NumpadParenRight: 0xb7,
  NumpadSignChange: 0xd7,
  ControlLeft: 0xe0,
  ShiftLeft: 0xe1,
  AltLeft: 0xe2,
  MetaLeft: 0xe3,
  ControlRight: 0xe4,
  ShiftRight: 0xe5,
  AltRight: 0xe6,
  MetaRight: 0xe7,
  // Reserved in the tables; by custom the media keys of keyboards that have them.
  MediaPlayPause: 0xe8,
  MediaStop: 0xe9,
  MediaTrackPrevious: 0xea,
  MediaTrackNext: 0xeb,
  Eject: 0xec,
  BrowserHome: 0xf0,
  BrowserBack: 0xf1,
  BrowserForward: 0xf2,
  BrowserStop: 0xf3,
  BrowserSearch: 0xf4,
  Sleep: 0xf8,
  BrowserRefresh: 0xfa,
  LaunchApp2: 0xfb,
};

/** The HID usage of a DOM code, or undefined for one that has none. */
export function usageOf(code: string): number | undefined {
  return Object.hasOwn(usages, code) ? usages[code] : undefined;
}

/** Combinations for the keys menu: what a browser or the rep's own system would keep. */
export const specialKeys: readonly { readonly name: string; readonly codes: readonly string[] }[] = [
  { name: "Ctrl + Alt + Del", codes: ["ControlLeft", "AltLeft", "Delete"] },
  { name: "Super", codes: ["MetaLeft"] },
  { name: "Ctrl + Esc", codes: ["ControlLeft", "Escape"] },
  { name: "Ctrl + Shift + Esc", codes: ["ControlLeft", "ShiftLeft", "Escape"] },
  { name: "Alt + Tab", codes: ["AltLeft", "Tab"] },
  { name: "Alt + F4", codes: ["AltLeft", "F4"] },
  { name: "Ctrl + W", codes: ["ControlLeft", "KeyW"] },
  { name: "Ctrl + T", codes: ["ControlLeft", "KeyT"] },
  { name: "Super + L", codes: ["MetaLeft", "KeyL"] },
  { name: "Super + R", codes: ["MetaLeft", "KeyR"] },
  { name: "Print Screen", codes: ["PrintScreen"] },
  { name: "F11", codes: ["F11"] },
];
