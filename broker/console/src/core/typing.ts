import { ChatChannel } from "../gen/alongside/wire/v1/session_pb.ts";

/** Who does not say it again for so long is not writing any more: three times what is said. */
export const typingForMs = 6000;
/** How often it is said that somebody goes on writing. */
const sayTypingEveryMs = 2000;

/** OwnTyping says that somebody here writes, no more often than it has to be said. */
export class OwnTyping {
  readonly #say: (typing: boolean, channel: ChatChannel) => Promise<unknown>;
  readonly #now: () => number;
  #channel: ChatChannel = ChatChannel.UNSPECIFIED;
  #told = -Infinity; // when it was said last; not said: long ago
  #stands = false;

  constructor(say: (typing: boolean, channel: ChatChannel) => Promise<unknown>, now: () => number) {
    this.#say = say;
    this.#now = now;
  }

  /** The entry holds something else now. */
  wrote(text: string, channel: ChatChannel): void {
    if (text.trim() === "") return this.stop();
    if (channel !== this.#channel) this.stop();
    const now = this.#now();
    if (this.#stands && now - this.#told < sayTypingEveryMs) return;
    [this.#stands, this.#told, this.#channel] = [true, now, channel];
    this.#tell(true);
  }

  /** The message was sent, which says it. */
  sent(): void {
    this.#stands = false;
  }

  stop(): void {
    if (!this.#stands) return;
    this.#stands = false;
    this.#tell(false);
  }

  #tell(typing: boolean): void {
    this.#say(typing, this.#channel).catch(() => {}); // the next one may get through
  }
}
