/**
 * HTML in which everything is escaped that isn't written here: what a target has sent can never become markup.
 *
 * @module
 */

/** Markup that needs no escaping any more. Only `html` and `trusted` make it. */
export interface Markup {
  readonly markup: string
}

/** What may stand in a hole. Nothing is written for `undefined` and `false`. */
export type Content = string | number | Markup | undefined | false | ReadonlyArray<Content>

/** A template whose holes are escaped: html`<p>${anything}</p>`. Attributes must be quoted. */
export const html = (parts: TemplateStringsArray, ...holes: ReadonlyArray<Content>): Markup => ({
  markup: parts.map((part, nth) => `${nth === 0 ? "" : written(holes[nth - 1])}${part}`).join("")
})

/** Markup from the suite's own files: never from a target. */
export const trusted = (markup: string): Markup => ({ markup })

const written = (content: Content): string => {
  if (content === undefined || content === false) return ""
  if (typeof content === "string") return escaped(content)
  if (typeof content === "number") return String(content)
  return "markup" in content ? content.markup : content.map(written).join("")
}

// Controls, lone surrogates, and what turns the direction of writing: shown, for they could hide what was really sent.
const invisible = /[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu

const escaped = (text: string): string =>
  text
    .replace(invisible, (each) => (each === "\n" ? each : `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`))
    .replace(/&/gu, "&amp;")
    .replace(/</gu, "&lt;")
    .replace(/>/gu, "&gt;")
    .replace(/"/gu, "&quot;")
    .replace(/'/gu, "&#39;")
