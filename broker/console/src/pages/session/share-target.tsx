import { Icon, type IconName } from "../../ui/icon.tsx";
import { Avatar, Dot, Tag } from "../../ui/parts.tsx";

interface TargetProps {
  readonly id: string;
  readonly name: string;
  readonly small: string;
  readonly icon?: IconName;
  readonly tone?: "on" | "busy" | "off";
  readonly invited?: boolean;
  readonly action: string;
  readonly busy: boolean;
  readonly choose: () => void;
}

/** One line of the share dialog: a team, a rep or an issue, and the button that invites. */
export function Target({ id, name, small, icon, tone, invited = false, action, busy, choose }: TargetProps) {
  return (
    <li class="target" data-testid={id} data-name={name}>
      {icon ? <Icon name={icon} /> : <Avatar name={name || "?"} />}
      <div class="person-who">
        <b>{name}</b>
        {small && (
          <small>
            {tone && <Dot tone={tone} />}
            {small}
          </small>
        )}
      </div>
      {invited ? (
        <Tag tone="good" id="is-invited">
          invited
        </Tag>
      ) : (
        <button type="button" class="btn small" disabled={busy} aria-label={`${action} ${name}`} data-testid="invite" onClick={choose}>
          {action}
        </button>
      )}
    </li>
  );
}
