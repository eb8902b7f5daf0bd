import { create } from "@bufbuild/protobuf";
import { timestampFromDate, timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { ButtonService, type CreateInstallerRequest, ListButtonsResponseSchema, type OptionsResponse, OptionsResponseSchema, type SupportButton, SupportButtonSchema } from "../../src/gen/alongside/console/v1/button_pb.ts";
import type { Session, WatchResponse } from "../../src/gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { me } from "./company.ts";
import { refuse } from "./office.ts";

/** Support Buttons, by the rules of the API. */
export class Buttons {
  all: SupportButton[] = [];
  laidOut = false;
  problem = "";
  installer: CreateInstallerRequest | undefined;
  options: OptionsResponse = create(OptionsResponseSchema, {
    profiles: [
      { id: "p1", name: "Shops", title: "Get help", maxDays: 30 },
      { id: "p2", name: "Office", title: "IT help", maxDays: 7, queueId: "u2", allUsers: true },
    ],
    queues: [
      { id: "u1", name: "First line" },
      { id: "u2", name: "Second line" },
    ],
  });
  readonly #session: (id: string) => Session;
  readonly #push: (e: WatchResponse["event"]) => void;

  constructor(session: (id: string) => Session, push: (e: WatchResponse["event"]) => void) {
    this.#session = session;
    this.#push = push;
  }

  put(id: string, over: Partial<SupportButton> = {}): void {
    const b = create(SupportButtonSchema, { id, deviceId: "d1", title: "Get help", description: "till by the door", profileName: "Shops", queueName: "First line", user: "user.a", createdAt: timestampNow(), createdBy: me.name, expiresAt: timestampFromDate(new Date(Date.now() + 86_400_000)) });
    this.all = [...this.all, Object.assign(b, over)];
    this.#push({ case: "changed", value: "buttons" });
  }

  routes(router: ConnectRouter): void {
    router.service(ButtonService, {
      options: () => this.options,
      listButtons: (r) => create(ListButtonsResponseSchema, { buttons: this.all.filter((b) => b.deviceId === r.deviceId), laidOut: this.laidOut, problem: this.problem }),
      deploy: (r) => {
        const profile = this.options.profiles.find((p) => p.id === r.profileId);
        const queue = this.options.queues.find((q) => q.id === (r.queueId || profile?.queueId));
        if (!profile) throw refuse(Code.InvalidArgument, ErrorCode.MALFORMED, "profile", "choose a profile that there is");
        if (!queue) throw refuse(Code.InvalidArgument, ErrorCode.MALFORMED, "queue", "choose the queue that it leads to");
        const id = `b${this.all.length + 1}`;
        this.put(id, { deviceId: this.#session(r.sessionId).deviceId, title: profile.title, description: r.description, queueName: queue.name, expiresAt: timestampFromDate(new Date(Date.now() + Number(r.lastsS) * 1000)) });
        return { button: this.all.find((b) => b.id === id)! };
      },
      remove: (r) => {
        if (!r.confirm) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
        if (!this.all.some((b) => b.id === r.id)) throw refuse(Code.FailedPrecondition, ErrorCode.BUTTON_UNKNOWN);
        this.all = this.all.filter((b) => b.id !== r.id);
        this.#push({ case: "changed", value: "buttons" });
        return {};
      },
      createInstaller: (r) => {
        this.installer = r;
        return { bundle: '{"version":1}', expiresAt: timestampNow() };
      },
    });
  }
}
