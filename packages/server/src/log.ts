/**
 * The server's own log, on standard output: short lines on a terminal, one JSON object per line when piped.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"

/** How the log is written. */
export interface LogOptions {
  readonly isTerminal: boolean
  readonly hasColour: boolean
}

/** The log for a process with these streams and this environment (NO_COLOR). */
export const layer = (options: LogOptions): Layer.Layer<never> =>
  Logger.layer([Logger.withConsoleLog(options.isTerminal ? terminalLogger(options.hasColour) : jsonLogger)])

type Options = Logger.Options<unknown>

const messageOf = ({ message }: Options): string => {
  const parts = Array.isArray(message) ? message : [message]
  return parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" ")
}

const annotationsOf = ({ fiber }: Options): Readonly<Record<string, unknown>> =>
  fiber.getRef(References.CurrentLogAnnotations)

/** JSON escapes whatever could begin a line of its own. */
const jsonLogger = Logger.make<unknown, string>((options) => {
  const { cause, date, logLevel } = options
  return JSON.stringify({
    at: date.toISOString(),
    level: logLevel.toLowerCase(),
    message: messageOf(options),
    ...annotationsOf(options),
    ...(cause.reasons.length === 0 ? {} : { cause: Cause.pretty(cause) })
  })
})

const colours: Readonly<Record<string, number>> = { Fatal: 31, Error: 31, Warn: 33, Debug: 2, Trace: 2 }

const terminalLogger = (hasColour: boolean): Logger.Logger<unknown, string> => {
  const paint = (code: number, text: string) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text)
  return Logger.make((options) => {
    const { cause, date, logLevel } = options
    const level = logLevel === "Info" ? "" : `${paint(colours[logLevel] ?? 0, logLevel.toLowerCase())} `
    // What people are told anyhow needs no details; they are for machines, and for those who look for something.
    const annotations = logLevel === "Info" ? {} : annotationsOf(options)
    const details = Object.entries(annotations).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    const line = [visible(messageOf(options)), ...details.map((detail) => paint(2, detail))].join(" ")
    const why = cause.reasons.length === 0 ? "" : `\n${visible(Cause.pretty(cause), "\n")}`
    return `${paint(2, clockTime(date))} ${level}${line}${why}`
  })
}

const clockTime = (date: Date): string =>
  [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":")

/** Text that can't move the cursor, or begin a line that looks like another entry. */
const visible = (text: string, except = ""): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f]/gu, (control) =>
    control === except ? control : `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
