import { useEffect, useState } from "preact/hooks";

/** What is kept of a picture: enough for a desktop, and small enough for its device. */
const side = 64;
const mostBytes = 6 << 10;

/** A choice of a picture, which becomes a small square PNG. */
export function IconFile({ label, name, value, onValue, hint, error }: { label: string; name: string; value: Uint8Array<ArrayBuffer>; onValue: (png: Uint8Array<ArrayBuffer>) => void; hint: string; error?: string | undefined }) {
  const [wrong, setWrong] = useState("");
  const take = async (file: File | undefined) => {
    setWrong("");
    if (!file) return;
    try {
      const png = await squared(file);
      if (png.length > mostBytes) setWrong("This picture has too much detail for an icon. Choose a simpler one.");
      else onValue(png);
    } catch {
      setWrong("This is no picture that the browser can read.");
    }
  };
  const shown = useBlob(value);
  const text = error || wrong;
  return (
    <div class="field">
      <label>
        <span>{label}</span>
        <input type="file" name={name} accept="image/*" aria-describedby={`${name}-hint`} onChange={(e) => void take(e.currentTarget.files?.[0])} />
      </label>
      {value.length > 0 && (
        <span class="action">
          <img alt="Icon" width={32} height={32} data-testid={`${name}-shown`} src={shown} />
          <button type="button" class="btn small" onClick={() => onValue(new Uint8Array())}>
            Without
          </button>
        </span>
      )}
      <small id={`${name}-hint`} class={text ? "bad" : ""}>
        {text || hint}
      </small>
    </div>
  );
}

/** An address of the picture for as long as it is shown. */
function useBlob(png: Uint8Array<ArrayBuffer>): string {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([png], { type: "image/png" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [png]);
  return url;
}

/** The picture in the middle of a square, as large as it fits. */
async function squared(file: File): Promise<Uint8Array<ArrayBuffer>> {
  const picture = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(side, side);
  const scale = Math.min(side / picture.width, side / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  canvas.getContext("2d")?.drawImage(picture, (side - w) / 2, (side - h) / 2, w, h);
  picture.close();
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return new Uint8Array(await blob.arrayBuffer());
}
