/**
 * Small things that this browser remembers: settings, drafts. What must not be lost is kept by `keeper.ts`.
 *
 * @module
 */
const prefix = "tertulia."

/** Null also where the browser keeps nothing. */
export const stored = (name: string): string | null => {
  try {
    return localStorage.getItem(prefix + name)
  } catch {
    return null
  }
}

export const store = (name: string, value: string | undefined): void => {
  try {
    if (value === undefined || value === "") localStorage.removeItem(prefix + name)
    else localStorage.setItem(prefix + name, value)
  } catch {
    // A private window, or a full disk: it is forgotten with the page.
  }
}
