/**
 * `--help` in the language of whoever reads it: the library that prints it speaks English only.
 *
 * @module
 */
import { CliOutput, type HelpDoc } from "effect/cli"
import * as Option from "effect/Option"
import type { Words } from "./words.ts"

/** Prints help with these words. */
export const helpFormatter = (words: Words, colors: boolean): CliOutput.Formatter => {
  const usual = CliOutput.defaultFormatter({ colors })
  return {
    ...usual,
    formatHelpDoc: (doc) => withHeadings(words, usual.formatHelpDoc(withWords(words, doc)))
  }
}

const withWords = ({ help }: Words, doc: HelpDoc.HelpDoc): HelpDoc.HelpDoc => ({
  ...doc,
  usage: doc.usage.replace("[flags]", help.anyFlags).replace("<subcommand>", help.anySubcommand),
  globalFlags: (doc.globalFlags ?? []).map((flag) =>
    flag.name === "help" || flag.name === "version" ? { ...flag, description: Option.some(help[flag.name]) } : flag
  )
})

// Alone on its line, perhaps in bold.
const heading =
  /^((?:\u001b\[[0-9;]*m)?)(DESCRIPTION|USAGE|FLAGS|GLOBAL FLAGS|SUBCOMMANDS|ARGUMENTS)(?=(?:\u001b\[[0-9;]*m)?$)/gmu

const withHeadings = ({ help }: Words, text: string): string => {
  const headings: Readonly<Record<string, string>> = {
    DESCRIPTION: help.description,
    USAGE: help.usage,
    FLAGS: help.flags,
    "GLOBAL FLAGS": help.globalFlags,
    SUBCOMMANDS: help.subcommands,
    ARGUMENTS: help.arguments
  }
  return text
    .replace(heading, (_, bold: string, name: string) => `${bold}${headings[name]}`)
    .replaceAll(" (choices: ", ` (${help.choices}: `)
}
