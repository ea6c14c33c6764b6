/**
 * Text from the network on one line of a terminal.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"

/** The text on one line, and safe. */
export const oneLine = (text: string): string => visible(text.replace(/[\t\r\n]+/gu, " "))

/** A line of the protocol without the secrets by which somebody who looks at the screen could log in as its reader. */
export const withoutSecret = (line: string): string =>
  line.replace(/("(?:session|token|password|proof)"\s*:\s*")[^"]*"/gu, '$1..."')
