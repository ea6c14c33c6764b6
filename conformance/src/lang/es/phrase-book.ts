/**
 * The phrases of the suite's tests, of its command line and of its page in Spanish.
 *
 * @module
 */
import type { PhraseBook } from "../phrases.ts"
import commands from "./commands.json" with { type: "json" }
import hints from "./hints.json" with { type: "json" }
import page from "./page.json" with { type: "json" }
import phrases from "./phrases.json" with { type: "json" }
import titles from "./titles.json" with { type: "json" }

export const spanish: PhraseBook = { ...titles, ...phrases, ...hints, ...commands }

/** With what the report for a browser says: single words, which elsewhere might be data. */
export const spanishPage: PhraseBook = { ...spanish, ...page }
