import { LinkError, type Pipe, sendLimit } from "./channel.ts";

/** Opens a WebTransport session with its one stream. A generated certificate is known by its hash. */
export async function openWebTransport(url: string, hashes: readonly Uint8Array<ArrayBuffer>[], signal: AbortSignal): Promise<Pipe> {
  if (typeof WebTransport === "undefined") throw new LinkError("no WebTransport in this browser");
  const options: WebTransportOptions = { congestionControl: "low-latency", requireUnreliable: false };
  if (hashes.length > 0) options.serverCertificateHashes = hashes.map((value) => ({ algorithm: "sha-256", value }));
  let transport: WebTransport;
  try {
    transport = new WebTransport(url, options);
  } catch (err) {
    throw new LinkError(`open WebTransport: ${String(err)}`);
  }
  transport.closed.catch(() => {}); // told by the stream
  const abort = () => transport.close();
  signal.addEventListener("abort", abort);
  try {
    signal.throwIfAborted();
    await transport.ready;
    const stream = await transport.createBidirectionalStream();
    return pipe(transport, stream);
  } catch (err) {
    transport.close();
    throw new LinkError(`open WebTransport: ${err instanceof Error ? err.message : String(err)}`);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function pipe(transport: WebTransport, stream: WebTransportBidirectionalStream): Pipe {
  const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
  const writer = (stream.writable as WritableStream<Uint8Array>).getWriter();
  let queued = 0;
  let closed = false;
  writer.closed.catch(() => {});
  return {
    via: "webtransport",
    async receive() {
      try {
        const { value, done } = await reader.read();
        return done ? undefined : value;
      } catch (err) {
        if (closed) return undefined;
        throw new LinkError(`read: ${err instanceof Error ? err.message : String(err)}`);
      }
    },
    send(bytes) {
      if (closed || queued + bytes.length > sendLimit) return;
      queued += bytes.length;
      writer.write(bytes).then(
        () => {
          queued -= bytes.length;
        },
        () => {}, // told by the reader
      );
    },
    close() {
      if (closed) return;
      closed = true;
      // Let what was queued (a release of all keys) leave before the session ends.
      writer.close().catch(() => {}).finally(() => {
        try {
          transport.close();
        } catch {
          // closed already
        }
      });
    },
  };
}
