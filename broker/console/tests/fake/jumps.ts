import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { ActionSchema, type Session } from "../../src/gen/alongside/console/v1/console_pb.ts";
import { type JumpClient, JumpClientSchema, type JumpDetails, JumpService, type PinRequest } from "../../src/gen/alongside/console/v1/jump_pb.ts";
import { JumpMode } from "../../src/gen/alongside/wire/v1/jump_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { refuse } from "./office.ts";

const groups = [{ id: "g1", name: "Tills" }];
const policies = [{ id: "p1", name: "Nights" }];

/** The Jump Clients of the played broker. */
export class Jumps {
  all: JumpClient[] = [];
  /** What a pin waits for: the person's answer. */
  answer: Promise<ErrorCode> = Promise.resolve(ErrorCode.UNSPECIFIED);
  readonly pinned: PinRequest[] = [];
  readonly unpinned: string[] = [];
  /** What starts came with: an assertion, or nothing. */
  readonly proofs: string[] = [];
  /** The passkey of a lock; empty: any that the browser has. */
  credential = "";
  changed: () => void = () => {};

  put(name: string, more: MessageInitShape<typeof JumpClientSchema> = {}): JumpClient {
    const actions = ["start", "edit", "unpin"].map((id) => create(ActionSchema, { id, enabled: true }));
    const c = create(JumpClientSchema, { id: `j${this.all.length + 1}`, name, deviceName: name, ownerName: "Robin Rep", online: true, mode: JumpMode.USER, createdBy: "Robin Rep", lastSeen: timestampNow(), actions, ...more });
    this.all = [...this.all, c];
    this.changed();
    return c;
  }

  routes(router: ConnectRouter, start: (deviceId: string) => Session): void {
    const details = (d: JumpDetails | undefined) => ({
      name: d?.name ?? "", groupId: d?.groupId ?? "", groupName: groups.find((g) => g.id === d?.groupId)?.name ?? "", policyId: d?.policyId ?? "",
      policyName: policies.find((p) => p.id === d?.policyId)?.name ?? "", tag: d?.tag ?? "", comments: d?.comments ?? "", ...(d?.expiresAt ? { expiresAt: d.expiresAt } : {}),
    });
    router.service(JumpService, {
      listJumpClients: () => ({ clients: this.all }),
      jumpTargets: () => ({ personal: true, groups, policies }),
      pin: async (q) => {
        this.pinned.push(q);
        const code = await this.answer;
        if (code !== ErrorCode.UNSPECIFIED) throw refuse(Code.FailedPrecondition, code);
        return { client: this.put(q.details?.name || "ws-0001", { ...details(q.details), mode: q.mode, locked: q.lockPasskeys.length > 0 }) };
      },
      updateJumpClient: (q) => {
        const c = this.all.find((x) => x.id === q.id)!;
        Object.assign(c, details(q.details));
        this.changed();
        return { client: c };
      },
      challengeJump: () => ({ id: "lock1", optionsJson: JSON.stringify({ publicKey: { challenge: "Z3JhbnQ", rpId: "localhost", userVerification: "required", allowCredentials: this.credential ? [{ type: "public-key", id: this.credential }] : [] } }) }),
      startJump: (q) => {
        this.proofs.push(q.proof?.assertionJson ?? "");
        return { session: start(this.all.find((x) => x.id === q.id)!.deviceId) };
      },
      unpin: (q) => {
        if (!q.confirm) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
        this.unpinned.push(q.id);
        this.all = this.all.filter((x) => x.id !== q.id);
        this.changed();
        return {};
      },
    });
  }
}
