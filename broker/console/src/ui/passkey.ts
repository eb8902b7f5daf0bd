import { fromBase64url, toBase64url } from "../core/base64url.ts";

// WebAuthn's options and answers travel as JSON with base64url where the browser
// wants bytes. Browsers that we support do not all convert them by themselves.

type Json = Record<string, unknown>;

/** Whether this browser, on this origin, can use passkeys at all. */
export function passkeysWork(): boolean {
  return window.isSecureContext && typeof PublicKeyCredential === "function";
}

/** Lets the browser make a passkey; the answer goes to FinishPasskey. */
export async function createPasskey(optionsJson: string): Promise<string> {
  const o = inner(optionsJson);
  const user = o["user"] as Json;
  const publicKey = {
    ...o,
    challenge: bytes(o["challenge"]),
    user: { ...user, id: bytes(user["id"]) },
    excludeCredentials: credentials(o["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  if (!made) throw new Error("no passkey was made");
  const r = made.response as AuthenticatorAttestationResponse;
  return answer(made, { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports() });
}

/** Lets the browser sign with a passkey; the answer goes to Prove. */
export async function usePasskey(optionsJson: string): Promise<string> {
  const o = inner(optionsJson);
  const publicKey = { ...o, challenge: bytes(o["challenge"]), allowCredentials: credentials(o["allowCredentials"]) } as unknown as PublicKeyCredentialRequestOptions;
  const got = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null;
  if (!got) throw new Error("no passkey was chosen");
  const r = got.response as AuthenticatorAssertionResponse;
  return answer(got, { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : undefined });
}

/** What the browser's refusal means: people cancel more often than anything breaks. */
export function passkeyFailure(err: unknown): string {
  const name = err instanceof DOMException ? err.name : "";
  if (name === "NotAllowedError") return "The passkey was not used: it was cancelled or took too long.";
  if (name === "InvalidStateError") return "This passkey is registered already.";
  if (name === "SecurityError") return "Passkeys do not work at this address.";
  return "The browser could not use a passkey.";
}

function inner(json: string): Json {
  const o = JSON.parse(json) as Json;
  return (o["publicKey"] as Json | undefined) ?? o;
}

function credentials(list: unknown): unknown {
  return Array.isArray(list) ? list.map((c: Json) => ({ ...c, id: bytes(c["id"]) })) : [];
}

function bytes(v: unknown): Uint8Array<ArrayBuffer> {
  return fromBase64url(String(v));
}

function text(b: ArrayBuffer): string {
  return toBase64url(new Uint8Array(b));
}

function answer(c: PublicKeyCredential, response: Json): string {
  return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, authenticatorAttachment: c.authenticatorAttachment ?? undefined, clientExtensionResults: c.getClientExtensionResults(), response });
}
