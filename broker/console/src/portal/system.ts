/** What a visitor's browser says of its system: to choose a download, no more. */
export interface System {
  readonly os: string;
  readonly arch: string;
}

/** The system of a user agent. ARM cannot be told from it everywhere; then it is the more common. */
export function systemOf(agent: string): System {
  const arm = /\b(aarch64|arm64)\b/i.test(agent);
  if (/Windows/.test(agent)) return { os: "windows", arch: arm ? "arm64" : "amd64" };
  if (/Mac OS X|Macintosh/.test(agent) && !/iPhone|iPad/.test(agent)) return { os: "darwin", arch: "arm64" };
  if (/Linux/.test(agent) && !/Android/.test(agent)) return { os: "linux", arch: arm ? "arm64" : "amd64" };
  return { os: "", arch: "" };
}

export function systemName(os: string, arch: string): string {
  const name = { windows: "Windows", darwin: "macOS", linux: "Linux" }[os] ?? os;
  return `${name} (${arch === "amd64" ? "x86-64" : arch})`;
}
