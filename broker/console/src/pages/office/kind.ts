import type { FunctionComponent, JSX } from "preact";
import type { Account } from "../../gen/alongside/console/v1/account_pb.ts";
import type { Capability, ConfigObject, ObjectKind } from "../../gen/alongside/console/v1/directory_pb.ts";
import type { Option } from "../../ui/fields.tsx";
import type { IconName } from "../../ui/icon.tsx";

export type Content = ConfigObject["object"];
type Case = NonNullable<Content["case"]>;
type Value<C extends Case> = Extract<Content, { case: C }>["value"];

/** What objects refer to. */
export interface References {
  /** Undefined: the reader may not list them. */
  readonly accounts: readonly Account[] | undefined;
  /** What a session policy may allow. */
  readonly capabilities: readonly Capability[];
  of(kind: ObjectKind): readonly ConfigObject[];
}

/** What a form shows and does. */
export interface Form<V> {
  readonly value: V;
  readonly refs: References;
  change(v: V): void;
  /** What is wrong with a field, by the broker's name of it. */
  wrong(field: string): string | undefined;
}

interface Words {
  readonly kind: ObjectKind;
  readonly one: string;
  readonly many: string;
  readonly about: string;
  readonly icon: IconName;
  /** The kinds that it names, or that name it. */
  readonly needs: readonly ObjectKind[];
  /** What there has to be one of before. */
  readonly first?: { readonly kind: ObjectKind; readonly words: string; readonly to: string };
  /** The titles of its columns. */
  readonly columns: readonly string[];
  /** The broker's names of the fields that its form shows errors at. */
  readonly errors: readonly string[];
  /** What else can be done on its page. */
  readonly beside?: FunctionComponent;
}

/** One kind of object: its words, and its own fields beside name and note. */
export interface Kind extends Words {
  blank(): Content;
  /** What stands in its columns. */
  cells(o: ConfigObject, refs: References): readonly string[];
  fields(form: Form<Content>): JSX.Element;
}

interface Typed<C extends Case> extends Words {
  readonly case: C;
  blank(): Value<C>;
  cells(v: Value<C>, refs: References, id: string): readonly string[];
  fields(form: Form<Value<C>>): JSX.Element;
}

/** Makes a kind of what is told about its own fields only. */
export function define<C extends Case>(t: Typed<C>): Kind {
  const own = (c: Content) => (c.case === t.case ? c.value : t.blank()) as Value<C>;
  const content = (value: Value<C>) => ({ case: t.case, value }) as Content;
  return {
    ...t,
    blank: () => content(t.blank()),
    cells: (o, refs) => t.cells(own(o.object), refs, o.id),
    fields: (f) => t.fields({ ...f, value: own(f.value), change: (v) => f.change(content(v)) }),
  };
}

/** The name that an id stands for. */
export function nameOf(all: readonly ConfigObject[], id: string): string {
  return all.find((o) => o.id === id)?.name ?? "–";
}

/** The entries of a Select; a choice that is gone stays to be seen. */
export function choices(all: readonly ConfigObject[], chosen: string, none: string): Option[] {
  const gone = chosen !== "" && !all.some((o) => o.id === chosen);
  return [{ value: "", label: none }, ...all.map((o) => ({ value: o.id, label: o.name })), ...(gone ? [{ value: chosen, label: "Deleted meanwhile" }] : [])];
}

/** Those whose names are told, in order; otherwise a number. */
export function people(ids: readonly string[], refs: References, more: (id: string) => string = () => ""): string {
  if (ids.length === 0) return "nobody yet";
  if (!refs.accounts) return ids.length === 1 ? "1 member" : `${ids.length} members`;
  const named = ids.map((id) => {
    const a = refs.accounts?.find((a) => a.id === id);
    return (a?.displayName || a?.name || id) + more(id);
  });
  return named.sort((a, b) => a.localeCompare(b)).join(", ");
}
