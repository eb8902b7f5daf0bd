import { type ComponentChildren, Fragment, type VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

/** One entry of a menu. checked makes it one of a choice. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly checked?: boolean;
  /** checked stands by itself, not as one of a choice. */
  readonly several?: boolean;
  /** Begins a part of the menu under this heading. */
  readonly section?: string;
  /** It is there and cannot be picked: the hint says why. */
  readonly disabled?: boolean;
  readonly pick: () => void;
}

/** A button that opens a list of choices; arrows move, Escape closes, focus comes back. */
export function Menu({ name, icon, label, items, children, disabled = false, align = "start", kept = false, upwards = false }: { name: string; icon: IconName | VNode; label: string; items: readonly MenuItem[]; children?: ComponentChildren; disabled?: boolean; align?: "start" | "end"; kept?: boolean; upwards?: boolean }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    const list = root.current;
    (list?.querySelector<HTMLElement>("[aria-checked=true]") ?? list?.querySelector<HTMLElement>(".menu-item"))?.focus();
    const away = (e: PointerEvent) => {
      if (!list?.contains(e.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", away, true);
    return () => document.removeEventListener("pointerdown", away, true);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (!open) {
      if (e.key === "ArrowDown") {
        e.preventDefault();
        setOpen(true);
      }
      return;
    }
    const all = [...(root.current?.querySelectorAll<HTMLElement>(".menu-item") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to: Record<string, number> = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 };
    if (e.key === "Escape") close();
    else if (e.key === "Tab") setOpen(false);
    else if (e.key in to) all[to[e.key] ?? 0]?.focus();
    else return;
    if (e.key !== "Tab") e.preventDefault();
  };

  return (
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button ref={button} type="button" class="btn quiet" disabled={disabled} aria-haspopup="menu" aria-expanded={open} aria-label={`${name}: ${label}`} title={`${name}: ${label}`} data-testid={`menu-${name.toLowerCase()}`} onClick={() => setOpen(!open)}>
        {typeof icon === "string" ? <Icon name={icon} /> : icon}
        <span class={`menu-label${kept ? " kept" : ""}`}>{label}</span>
        <Icon name="down" size={14} />
      </button>
      {open && (
        <div class={`menu-list${align === "end" ? " at-end" : ""}${upwards ? " upwards" : ""}`} role="menu" aria-label={name}>
          {items.map((item, n) => (
            <Fragment key={`${item.id} ${n}`}>
              {item.section && (
                <p class="menu-section" role="presentation">
                  {item.section}
                </p>
              )}
              <button
                type="button"
                class="menu-item"
                role={item.checked === undefined ? "menuitem" : item.several ? "menuitemcheckbox" : "menuitemradio"}
                aria-checked={item.checked}
                aria-disabled={item.disabled}
                data-testid={item.id}
                onClick={() => {
                  if (item.disabled) return;
                  close();
                  item.pick();
                }}
              >
                <span class="menu-check">{item.checked && <Icon name="check" size={15} />}</span>
                <span>{item.label}</span>
                {item.hint && <small>{item.hint}</small>}
              </button>
            </Fragment>
          ))}
          {children}
        </div>
      )}
    </div>
  );
}
