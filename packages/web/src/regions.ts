/**
 * The parts of the page that the keyboard goes through.
 *
 * @module
 */
const regions = ["rooms", "log", "composer", "aside"] as const

export type Region = (typeof regions)[number]

const regionOf = (element: Element | null): string | undefined =>
  element?.closest<HTMLElement>("[data-region]")?.dataset["region"]

/** Where the focus goes in a part: where one writes, else what stands for the rest of it, else the first thing that takes it. */
const entryTo = (region: Region): HTMLElement | null =>
  document.querySelector<HTMLElement>(
    region === "composer"
      ? "[data-region=composer] textarea"
      : region === "log"
        ? "[data-region=log] [data-row][tabindex='0']"
        : `[data-region=${region}] :is(a[href], button, input):not([tabindex='-1'])`
  )

/** Whether there was something to focus on. */
export const focusRegion = (region: Region): boolean => {
  const element = entryTo(region)
  element?.focus()
  return element !== null && document.activeElement === element
}

/** Goes on to the next part that there is, or back. */
export const nextRegion = (step: 1 | -1): void => {
  const now = regions.indexOf(regionOf(document.activeElement) as Region)
  for (let count = 1; count <= regions.length; count++) {
    if (focusRegion(regions[(now + step * count + 2 * regions.length) % regions.length]!)) return
  }
}
