/**
 * The phrases of the suite's tests and of its command line in Spanish.
 *
 * @module
 */
import type { PhraseBook } from "../phrases.ts"
import commands from "./commands.json" with { type: "json" }
import phrases from "./phrases.json" with { type: "json" }
import titles from "./titles.json" with { type: "json" }

export const spanish: PhraseBook = { ...titles, ...phrases, ...commands }
