/** Offers bytes as a file of this name. */
export function download(name: string, parts: readonly BlobPart[], type = "application/octet-stream"): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
