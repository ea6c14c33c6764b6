/**
 * The tests that no mutant is killed by, each with the reason why none can be. A test that is killed after all may not
 * stand here.
 *
 * @module
 */
export const excused: Readonly<Record<string, string>> = {}
