import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import * as acc from "../../src/gen/alongside/console/v1/account_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { refuse } from "./office.ts";

const codes = ["a1b2-c3d4", "e5f6-g7h8", "j9k0-m1n2"];
// One black pixel: enough to be an image.
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==", "base64");

/** Accounts, factors and keys of the played broker. */
export class People {
  factors: acc.Factor[] = [];
  /** What a call that needs a proof is refused with; UNSPECIFIED: it is fresh. */
  wants: ErrorCode = ErrorCode.UNSPECIFIED;
  proofs: string[] = [];
  challenge = "";
  created = "";
  signIns: acc.WebSignIn[] = [create(acc.WebSignInSchema, { id: "w1", current: true, from: "192.0.2.0/24", createdAt: timestampNow(), seenAt: timestampNow() }), create(acc.WebSignInSchema, { id: "w2", from: "198.51.100.0/24", createdAt: timestampNow(), seenAt: timestampNow() })];
  keys: acc.ApiKey[] = [];
  accounts: acc.Account[] = [create(acc.AccountSchema, { id: "r1", name: "rep.one", displayName: "Robin One", roles: ["administrator"], mfa: true }), create(acc.AccountSchema, { id: "r2", name: "rep.two", displayName: "Kim Two", roles: ["representative"] })];
  mfaMandatory = false;
  roles: acc.Role[] = [
    create(acc.RoleSchema, { id: "administrator", name: "Administrator", builtIn: true, permissions: ["session.start", "settings.edit"], accounts: 1 }),
    create(acc.RoleSchema, { id: "representative", name: "Representative", builtIn: true, permissions: ["session.start"], accounts: 1 }),
  ];

  /** Refuses unless a proof was shown. */
  readonly proved = (): void => {
    if (this.wants !== ErrorCode.UNSPECIFIED) throw refuse(Code.FailedPrecondition, this.wants);
  };

  routes(router: ConnectRouter, signedIn: () => void): void {
    this.#mfa(router, signedIn);
    this.#accounts(router);
  }

  #add(kind: string, name: string) {
    const factor = create(acc.FactorSchema, { id: `f${this.factors.length}`, kind, name, createdAt: timestampNow() });
    this.factors.push(factor);
    return { factor, recoveryCodes: this.factors.length === 1 ? codes : [] };
  }

  #mfa(router: ConnectRouter, signedIn: () => void): void {
    const ok = (proof: string) => {
      this.proofs.push(proof);
      this.wants = ErrorCode.UNSPECIFIED;
      signedIn();
      return {};
    };
    let name = "";
    router.service(acc.MfaService, {
      listFactors: () => ({ factors: this.factors, recoveryCodes: this.factors.length > 0 ? 3 : 0 }),
      beginTotp: (q) => {
        name = q.name;
        return { id: "t1", secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/x", qrPng: Uint8Array.from(png) };
      },
      finishTotp: (q) => {
        if (q.code !== "123456") throw refuse(Code.InvalidArgument, ErrorCode.MFA_INVALID);
        signedIn();
        return this.#add("totp", name);
      },
      beginPasskey: (q) => {
        name = q.name;
        const options = { publicKey: { rp: { id: "localhost", name: "Alongside" }, user: { id: "cmVwMQ", name: "rep.one", displayName: "Robin One" }, challenge: "Y2hhbGxlbmdl", pubKeyCredParams: [{ type: "public-key", alg: -7 }], excludeCredentials: [] } };
        return { id: "p1", optionsJson: JSON.stringify(options) };
      },
      finishPasskey: (q) => {
        this.created = q.credentialJson;
        signedIn();
        return this.#add("passkey", name);
      },
      removeFactor: (q) => {
        this.factors = this.factors.filter((f) => f.id !== q.id);
        return {};
      },
      newRecoveryCodes: () => ({ recoveryCodes: codes.map((c) => c.toUpperCase()) }),
      challenge: () => ({ id: "c1", optionsJson: this.challenge, totp: this.factors.some((f) => f.kind === "totp") }),
      prove: (q) => {
        switch (q.proof.case) {
          case "totp":
            if (q.proof.value !== "123456") throw refuse(Code.PermissionDenied, ErrorCode.MFA_INVALID);
            return ok("totp");
          case "recoveryCode":
            if (!codes.includes(q.proof.value)) throw refuse(Code.PermissionDenied, ErrorCode.MFA_INVALID);
            return ok("recovery");
          default:
            return ok(`passkey ${q.proof.value?.assertionJson ?? ""}`);
        }
      },
    });
  }

  #accounts(router: ConnectRouter): void {
    router.service(acc.AccountService, {
      listAccounts: () => ({ accounts: this.accounts }),
      createAccount: (q) => {
        if (q.password.length < 10) throw refuse(Code.InvalidArgument, ErrorCode.MALFORMED, "password", "At least 10 characters.");
        const account = create(acc.AccountSchema, { id: `r${this.accounts.length + 1}`, name: q.name, displayName: q.displayName, roles: q.roles, email: q.email });
        this.accounts.push(account);
        return { account };
      },
      updateAccount: (q) => {
        const a = this.accounts.find((x) => x.id === q.id)!;
        Object.assign(a, { ...(q.disabled === undefined ? {} : { disabled: q.disabled }), ...(q.displayName === undefined ? {} : { displayName: q.displayName }), ...(q.roles ? { roles: q.roles.ids } : {}) });
        return { account: a };
      },
      signInRules: () => ({ mfaMandatory: this.mfaMandatory }),
      saveSignInRules: (q) => {
        if (q.mfaMandatory && !q.confirm) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
        this.mfaMandatory = q.mfaMandatory;
        return { mfaMandatory: this.mfaMandatory };
      },
      changePassword: () => ({}),
      resetMfa: (q) => {
        for (const a of this.accounts) if (a.id === q.id) a.mfa = false;
        return {};
      },
      listRoles: () => ({ roles: this.roles, permissions: [{ name: "session.start", title: "Start sessions" }, { name: "settings.edit", title: "Change settings" }] }),
      saveRole: (q) => {
        const role = Object.assign(q.role!, { id: q.role!.id || "own" });
        this.roles = [...this.roles.filter((r) => r.id !== role.id), role];
        return { role };
      },
      deleteRole: (q) => {
        this.roles = this.roles.filter((r) => r.id !== q.id);
        return {};
      },
      listSignIns: () => ({ signIns: this.signIns }),
      endSignIn: (q) => {
        this.signIns = this.signIns.filter((s) => s.id !== q.id);
        return {};
      },
      listKeys: () => ({ keys: this.keys }),
      createKey: (q) => {
        const key = create(acc.ApiKeySchema, { id: "k1", name: q.name, permissions: q.permissions, owner: "Robin One" });
        this.keys.push(key);
        return { key, secret: "alk_0123456789abcdef" };
      },
      revokeKey: (q) => {
        for (const k of this.keys) if (k.id === q.id) k.revoked = true;
        return {};
      },
    });
  }
}
