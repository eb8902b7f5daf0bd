import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** The server's end of a WebSocket (RFC 6455), as much of it as a test needs: whole binary messages. */
export class ServerSocket {
  onmessage: (m: Uint8Array) => void = () => {};
  onclose: () => void = () => {};
  readonly #stream: Duplex;
  #buffer = Buffer.alloc(0);

  constructor(request: IncomingMessage, stream: Duplex) {
    this.#stream = stream;
    const key = String(request.headers["sec-websocket-key"]);
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    stream.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.on("error", () => {});
    // A server's sockets stay half open: a peer that leaves without a close frame is answered here.
    stream.on("end", () => stream.end());
    stream.on("close", () => this.onclose());
  }

  send(message: Uint8Array): void {
    const n = message.length;
    const head = n < 126 ? Buffer.from([0x82, n]) : n < 65536 ? Buffer.from([0x82, 126, n >> 8, n & 255]) : Buffer.alloc(10);
    if (n >= 65536) {
      head[0] = 0x82;
      head[1] = 127;
      head.writeBigUInt64BE(BigInt(n), 2);
    }
    this.#stream.write(Buffer.concat([head, message]));
  }

  /** Breaks the connection without a word. */
  cut(): void {
    this.#stream.destroy();
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const b = this.#buffer;
      if (b.length < 6) return;
      let n = b[1]! & 127;
      let at = 2;
      if (n === 126) {
        n = b.readUInt16BE(2);
        at = 4;
      } else if (n === 127) {
        n = Number(b.readBigUInt64BE(2));
        at = 10;
      }
      if (b.length < at + 4 + n) return;
      const mask = b.subarray(at, at + 4);
      const payload = Uint8Array.from(b.subarray(at + 4, at + 4 + n), (v, i) => v ^ mask[i % 4]!);
      this.#buffer = b.subarray(at + 4 + n);
      const opcode = b[0]! & 15;
      if (opcode === 8) {
        this.#stream.end(Buffer.from([0x88, 0]));
        return;
      }
      if (opcode === 2) this.onmessage(payload);
    }
  }
}
