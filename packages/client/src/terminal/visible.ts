/**
 * Text from the network on one line of a terminal.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"

/** The text on one line, and safe. */
export const oneLine = (text: string): string => visible(text.replace(/[\t\r\n]+/gu, " "))
