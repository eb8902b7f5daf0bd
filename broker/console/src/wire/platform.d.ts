// The two things of the platform that the codec needs and that every host has:
// browsers, their workers and Node. The layer is compiled without any DOM types.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}
