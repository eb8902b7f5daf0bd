import type { ConfigObject } from "../../gen/alongside/console/v1/directory_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Kind, References } from "./kind.ts";

/** The objects of one kind, a row each. In a narrow window the columns stand under the name. */
export function ObjectTable({ of, objects, refs, edit, remove }: { of: Kind; objects: readonly ConfigObject[]; refs: References; edit: (o: ConfigObject) => void; remove: (o: ConfigObject) => void }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          {of.columns.map((title, i) => (
            <th scope="col" key={title} class={where(i)}>
              {title}
            </th>
          ))}
          <th scope="col" class="right">
            <span class="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {objects.map((o) => {
          const cells = of.cells(o, refs);
          return (
            <tr key={o.id} data-testid="object" data-name={o.name}>
              <td>
                <button type="button" class="row-link" data-testid="edit-object" onClick={() => edit(o)}>
                  {o.name}
                </button>
                {o.note && <small class="note">{o.note}</small>}
                <small class="note narrow-only">{cells[0]}</small>
              </td>
              {cells.map((text, i) => (
                <td key={of.columns[i]} class={where(i)}>
                  {text}
                </td>
              ))}
              <td class="right">
                <button type="button" class="btn quiet square" data-testid="delete-object" aria-label={`Delete ${o.name}`} onClick={() => remove(o)}>
                  <Icon name="trash" />
                </button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

// The first column is the last to go.
function where(column: number): string {
  return column === 0 ? "roomy-only" : "wide-only";
}
