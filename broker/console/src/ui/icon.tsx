const paths = {
  brand: "M8 5v14M16 5v14M8 12h8",
  inventory: "M3 5h18v11H3zM8 20h8M12 16v4",
  audit: "M6 3h9l4 4v14H6zM9 12h7M9 16h7",
  out: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM20 20l-4.8-4.8",
  plus: "M12 5v14M5 12h14",
  back: "M15 6l-6 6 6 6",
  next: "M9 6l6 6-6 6",
  down: "M7 10l5 5 5-5",
  power: "M12 4v8M7.5 6.8a7 7 0 1 0 9 0",
  monitor: "M4 5h16v11H4zM9 20h6",
  scale: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  keys: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  chat: "M4 5h16v11H10l-4 4v-4H4z",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  check: "M5 13l4 4L19 7",
  cross: "M6 6l12 12M18 6L6 18",
  alert: "M12 4l9 16H3zM12 10v4M12 17h.01",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 4-6 8-6s8 2 8 6",
  send: "M4 12l16-7-6 15-3-6z",
  file: "M7 3h7l4 4v14H7zM14 3v5h4",
  expand: "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5",
} as const;

export type IconName = keyof typeof paths;

/** A line icon in the colour of the text. It never carries meaning alone. */
export function Icon({ name, size = 17 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
