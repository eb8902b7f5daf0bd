import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { create, toBinary } from "@bufbuild/protobuf";
import { unhex } from "../core/hex.ts";
import { ElevationCredentialsSchema } from "../gen/alongside/wire/v1/elevation_pb.ts";

/** What a rep asks an endpoint's system to take. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export function newNonce(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** Seals credentials to an endpoint's key, for one session and one nonce (docs/PROTOCOL.md). Only the endpoint can open them. */
export async function sealCredentials(key: Uint8Array, sessionId: string, nonce: Uint8Array, c: Credentials): Promise<Uint8Array<ArrayBuffer>> {
  const suite = hpke();
  const recipientPublicKey = await suite.kem.deserializePublicKey(new Uint8Array(key).buffer);
  const sender = await suite.createSenderContext({ recipientPublicKey, info: sealingInfo(sessionId, nonce) });
  const text = await sender.seal(new Uint8Array(toBinary(ElevationCredentialsSchema, create(ElevationCredentialsSchema, c))).buffer);
  return joined(new Uint8Array(sender.enc), new Uint8Array(text));
}

export function hpke(): CipherSuite {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** What sealed credentials are bound to. */
export function sealingInfo(sessionId: string, nonce: Uint8Array): ArrayBuffer {
  return joined(new TextEncoder().encode("alongside elevate v1"), unhex(sessionId), nonce).buffer;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
