import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Account } from "../../gen/alongside/console/v1/account_pb.ts";
import { Check, Group } from "../../ui/fields.tsx";
import { Tag } from "../../ui/parts.tsx";

// With fewer accounts nobody needs to search.
const manyAccounts = 8;

/** Chooses among the accounts; each can carry a right of its own. */
export function Members(props: { accounts: readonly Account[] | undefined; members: readonly string[]; error: string | undefined; set: (id: string, on: boolean) => void; right?: (id: string) => ComponentChildren }) {
  const { accounts, members } = props;
  const [query, setQuery] = useState("");
  if (!accounts) {
    return (
      <Group title="Members" error={props.error}>
        <small>{members.length === 1 ? "It has 1 member." : `It has ${members.length} members.`} Only who may edit users can choose them.</small>
      </Group>
    );
  }
  const words = query.trim().toLowerCase();
  const found = accounts.filter((a) => `${a.displayName} ${a.name}`.toLowerCase().includes(words)).sort((a, b) => (a.displayName || a.name).localeCompare(b.displayName || b.name));
  return (
    <Group title={members.length === 0 ? "Members" : `Members · ${members.length}`} error={props.error}>
      {accounts.length > manyAccounts && <input type="search" placeholder="Search users" aria-label="Search users" data-testid="search-members" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />}
      <ul class="picks" data-testid="members">
        {found.map((a) => (
          <li key={a.id}>
            <Check label={a.displayName || a.name} hint={a.displayName ? a.name : ""} name={`member-${a.id}`} checked={members.includes(a.id)} onValue={(v) => props.set(a.id, v)} />
            {a.disabled && <Tag tone="bad">disabled</Tag>}
            {props.right?.(a.id)}
          </li>
        ))}
        {found.length === 0 && (
          <li>
            <small>{accounts.length === 0 ? "There are no users yet." : "No user is called that."}</small>
          </li>
        )}
      </ul>
    </Group>
  );
}
