/**
 * The tests that may pass on a degenerate target, each with the reason. Anything else that passes there is a test that
 * can't fail.
 *
 * @module
 */

/** Titles (`chapter > title`), by target; and why the target does keep what the test judges. */
export const allowed: Readonly<Record<string, Readonly<Record<string, string>>>> = {}
