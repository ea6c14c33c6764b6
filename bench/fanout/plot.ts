/**
 * Plots as SVG that stands by itself: no script, colours for light and for dark pages.
 *
 * @module
 */

/** One bar. */
export interface Bar {
  readonly label: string
  readonly value: number
  readonly text: string
  readonly kind: "ours" | "peer" | "limit"
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 }
.axis { stroke: #bbb; stroke-width: 1 }
.ours { fill: #b5432a; stroke: #b5432a } .peer { fill: #7d8ca3; stroke: #7d8ca3 } .limit { fill: #c9c2b4; stroke: #c9c2b4 }
polyline.ours, polyline.peer, polyline.limit { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .axis { stroke: #555 } .limit { fill: #7b7568; stroke: #7b7568 } }
</style>`

const svg = (title: string, width: number, height: number, body: ReadonlyArray<string>): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">\n<title>${escaped(title)}</title>\n${style}\n${body.join("\n")}\n</svg>\n`

/** Horizontal bars, the longest first. */
export const bars = (title: string, all: ReadonlyArray<Bar>): string => {
  const [left, right, row] = [170, 130, 24]
  const [width, top] = [720, 34]
  const longest = Math.max(...all.map(({ value }) => value))
  const body = all
    .toSorted((one, other) => other.value - one.value)
    .flatMap(({ kind, label, text, value }, index) => {
      const y = top + index * row
      const length = Math.max(1, (value / longest) * (width - left - right))
      return [
        `<text x="${left - 8}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
        `<rect class="${kind}" x="${left}" y="${y + 3}" width="${length.toFixed(1)}" height="${row - 8}" rx="2"/>`,
        `<text x="${(left + length + 8).toFixed(1)}" y="${y + 15}">${escaped(text)}</text>`
      ]
    })
  return svg(title, width, top + all.length * row + 8, [
    `<text class="title" x="8" y="20">${escaped(title)}</text>`,
    ...body
  ])
}

/** A line through points. */
export interface Line {
  readonly label: string
  readonly kind: Bar["kind"]
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

const powers = (least: number, most: number): ReadonlyArray<number> => {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))]
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))
}

const short = (value: number): string =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : `${Number(value.toPrecision(2))}`

/** Lines on logarithmic axes: what is proportional rises by one unit per unit. */
export const lines = (title: string, xName: string, yName: string, all: ReadonlyArray<Line>): string => {
  const [width, height] = [720, 360]
  const [left, right, top, bottom] = [80, 150, 40, 50]
  const points = all.flatMap((line) => line.points)
  const xs = powers(Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x)))
  const ys = powers(Math.min(...points.map(([, y]) => y)), Math.max(...points.map(([, y]) => y)))
  const part = (value: number, of: ReadonlyArray<number>) =>
    of.length < 2 ? 0.5 : Math.log10(value / of[0]!) / Math.log10(of.at(-1)! / of[0]!)
  const atX = (x: number) => left + part(x, xs) * (width - left - right)
  const atY = (y: number) => height - bottom - part(y, ys) * (height - top - bottom)
  const grid = [
    ...xs.flatMap((x) => [
      `<line class="axis" x1="${atX(x).toFixed(1)}" x2="${atX(x).toFixed(1)}" y1="${top}" y2="${height - bottom}"/>`,
      `<text x="${atX(x).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${short(x)}</text>`
    ]),
    ...ys.flatMap((y) => [
      `<line class="axis" x1="${left}" x2="${width - right}" y1="${atY(y).toFixed(1)}" y2="${atY(y).toFixed(1)}"/>`,
      `<text x="${left - 8}" y="${(atY(y) + 4).toFixed(1)}" text-anchor="end">${short(y)}</text>`
    ])
  ]
  const drawn = all.flatMap(({ kind, label, points: own }) => {
    const [lastX, lastY] = own.at(-1)!
    return [
      `<polyline class="${kind}" points="${own.map(([x, y]) => `${atX(x).toFixed(1)},${atY(y).toFixed(1)}`).join(" ")}"/>`,
      ...own.map(([x, y]) => `<circle class="${kind}" cx="${atX(x).toFixed(1)}" cy="${atY(y).toFixed(1)}" r="3"/>`),
      `<text x="${(atX(lastX) + 8).toFixed(1)}" y="${(atY(lastY) + 4).toFixed(1)}">${escaped(label)}</text>`
    ]
  })
  return svg(title, width, height, [
    `<text class="title" x="8" y="15">${escaped(title)}</text>`,
    `<text x="${(left + width - right) / 2}" y="${height - 12}" text-anchor="middle">${escaped(xName)}</text>`,
    `<text x="8" y="31">${escaped(yName)}</text>`,
    ...grid,
    ...drawn
  ])
}

/** Lines on linear axes from zero, as of something over time. */
export const series = (title: string, xName: string, yName: string, all: ReadonlyArray<Line>): string => {
  const [width, height] = [720, 300]
  const [left, right, top, bottom] = [70, 130, 44, 46]
  const points = all.flatMap((line) => line.points)
  const longest = Math.max(...points.map(([x]) => x))
  const highest = Math.max(...points.map(([, y]) => y)) * 1.1
  const atX = (x: number) => left + (x / longest) * (width - left - right)
  const atY = (y: number) => height - bottom - (y / highest) * (height - top - bottom)
  const fifths = [0, 0.2, 0.4, 0.6, 0.8, 1]
  return svg(title, width, height, [
    `<text class="title" x="8" y="20">${escaped(title)}</text>`,
    `<text x="8" y="38">${escaped(yName)}</text>`,
    `<text x="${(left + width - right) / 2}" y="${height - 10}" text-anchor="middle">${escaped(xName)}</text>`,
    ...fifths.flatMap((part) => [
      `<line class="axis" x1="${left}" x2="${width - right}" y1="${atY(part * highest).toFixed(1)}" y2="${atY(part * highest).toFixed(1)}"/>`,
      `<text x="${left - 8}" y="${(atY(part * highest) + 4).toFixed(1)}" text-anchor="end">${(part * highest).toFixed(0)}</text>`,
      `<text x="${atX(part * longest).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${(part * longest).toFixed(longest < 10 ? 1 : 0)}</text>`
    ]),
    ...all.flatMap(({ kind, label, points: own }) => [
      `<polyline class="${kind}" points="${own.map(([x, y]) => `${atX(x).toFixed(1)},${atY(y).toFixed(1)}`).join(" ")}"/>`,
      `<text x="${width - right + 8}" y="${(atY(own.at(-1)![1]) + 4).toFixed(1)}">${escaped(label)}</text>`
    ])
  ])
}
