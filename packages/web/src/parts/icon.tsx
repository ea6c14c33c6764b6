/**
 * The signs of the buttons: drawn here, 24 by 24, in the colour of the text.
 *
 * @module
 */
const paths = {
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.9c2 .8 3.2 2.5 3.5 5.1",
  wire: "M8 5L3 12l5 7M16 5l5 7-5 7M13.5 4l-3 16",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.5 16.500L21 21",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M18 10h.01M8 14h8",
  gear: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  send: "M4 12l16-8-6 16-2.5-6.500z",
  reply: "M10 6L4 12l6 6M4.5 12H14c4 0 6 2 6 6",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.500c1 1.3 2.2 2 3.5 2s2.5-.7 3.5-2M9 9.500v.5M15 9.500v.5",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.6-5.700l-1.4 1.400M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.6 5.700l1.4-1.4",
  down: "M12 5v14M6 13l6 6 6-6",
  plus: "M12 5v14M5 12h14",
  leave: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  shield: "M12 3l7 3v5c0 5-3 8.500-7 10-4-1.500-7-5-7-10V6z",
  more: "M5 12h1M11.500 12h1M18 12h1",
  person: "M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 21c.7-4 3.7-6 7.500-6s6.800 2 7.500 6",
  pause: "M9 5v14M15 5v14",
  play: "M8 5l11 7-11 7z",
  up: "M12 19V5M6 11l6-6 6 6"
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
)

interface IconButtonProps extends React.ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: IconName
  /** What it does, in words: its name, and what a pointer that rests on it is told. */
  readonly label: string
}

export const IconButton = ({ className, icon, label, ...rest }: IconButtonProps) => (
  <button type="button" className={`icon-button ${className ?? ""}`} aria-label={label} title={label} {...rest}>
    <Icon name={icon} />
  </button>
)
