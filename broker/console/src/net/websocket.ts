import { LinkError, type Pipe, sendLimit } from "./channel.ts";

// Messages that may wait to be read. The agent has at most 32 updates in
// flight; more than this is a peer that ignores its credit.
const receiveLimit = 64;

/** Opens a WebSocket; each message comes out of receive whole. */
export function openWebSocket(url: string, signal: AbortSignal): Promise<Pipe> {
  return new Promise((resolve, reject) => {
    let socket: WebSocket;
    try {
      signal.throwIfAborted();
      socket = new WebSocket(url);
    } catch (err) {
      reject(new LinkError(`open WebSocket: ${String(err)}`));
      return;
    }
    socket.binaryType = "arraybuffer";
    const fail = (why: string) => {
      socket.close();
      reject(new LinkError(`open WebSocket: ${why}`));
    };
    const abort = () => fail("not needed");
    signal.addEventListener("abort", abort, { once: true });
    socket.onclose = () => fail("refused");
    socket.onerror = () => fail("refused");
    socket.onopen = () => {
      signal.removeEventListener("abort", abort);
      resolve(pipe(socket));
    };
  });
}

function pipe(socket: WebSocket): Pipe {
  const waiting: Uint8Array[] = [];
  let wake: (() => void) | undefined;
  let end: LinkError | "clean" | undefined;
  const finish = (why: LinkError | "clean") => {
    end ??= why;
    wake?.();
  };
  socket.onmessage = (e: MessageEvent<unknown>) => {
    if (!(e.data instanceof ArrayBuffer)) {
      finish(new LinkError("a text message on the WebSocket"));
      socket.close();
      return;
    }
    if (waiting.length === receiveLimit) {
      finish(new LinkError("the other side sends more than it was asked for"));
      socket.close();
      return;
    }
    waiting.push(new Uint8Array(e.data));
    wake?.();
  };
  socket.onerror = () => finish(new LinkError("WebSocket failed"));
  socket.onclose = (e) => finish(e.wasClean ? "clean" : new LinkError(`WebSocket closed: ${e.code}`));
  return {
    via: "websocket",
    async receive() {
      while (waiting.length === 0) {
        if (end === "clean") return undefined;
        if (end) throw end;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
      return waiting.shift();
    },
    send(bytes) {
      if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount + bytes.length > sendLimit) return;
      socket.send(bytes);
    },
    close() {
      finish("clean");
      socket.close();
    },
  };
}
