import { ChatArrival } from "../../gen/alongside/wire/v1/chat_pb.ts";
import { ChatChannel, type Chat } from "../../gen/alongside/wire/v1/session_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { useStore } from "../context.ts";
import { ChatText } from "./chat-text.tsx";

const arrivals: Readonly<Record<ChatArrival, { name: string; words: string; means: string }>> = {
  [ChatArrival.UNSPECIFIED]: { name: "sent", words: "sent", means: "It has not reached the person yet." },
  [ChatArrival.DELIVERED]: { name: "delivered", words: "delivered", means: "It has arrived; the person has not seen it yet." },
  [ChatArrival.SHOWN]: { name: "shown", words: "shown", means: "It was shown on the person's screen." },
};

/** One message, with who wrote it, when, whether only reps read it, and how far it came. */
export function ChatMessage({ message: m }: { message: Chat }) {
  const store = useStore();
  const mine = store.wrote(m);
  const reps = m.channel === ChatChannel.REPS;
  const who = mine ? "You" : m.from || (m.fromCustomer ? "Customer" : "A rep");
  const arrival = reps || m.fromCustomer ? undefined : arrivals[m.arrival];
  return (
    <div class={`msg${mine ? " mine" : m.fromCustomer ? "" : " colleague"}${reps ? " reps" : ""}`} data-testid="chat-message" data-channel={reps ? "reps" : "all"} data-arrival={arrival?.name}>
      <small>
        {reps && <Icon name="lock" size={12} />}
        {`${who}${reps ? " · reps only" : ""} · ${new Date(Number(m.atUnixMs)).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hour12: false })}`}
        {arrival && <i title={arrival.means}>{` · ${arrival.words}`}</i>}
      </small>
      <ChatText text={m.text} />
    </div>
  );
}
