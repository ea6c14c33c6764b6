/**
 * HTML in which everything is escaped that isn't written here: what a target has sent can never become markup.
 *
 * @module
 */
import { visible } from "../visible.ts"

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

const escaped = (text: string): string =>
  visible(text)
    .replace(/&/gu, "&amp;")
    .replace(/</gu, "&lt;")
    .replace(/>/gu, "&gt;")
    .replace(/"/gu, "&quot;")
    .replace(/'/gu, "&#39;")
