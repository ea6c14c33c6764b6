/**
 * The end of a command's process.
 *
 * @module
 */

/**
 * Ends the process now, when all has been said and closed. Left to itself, Node closes what is still open behind the scenes, and after
 * thousands of connections that were reset it has been seen to spin there for ever. Output isn't lost: what was written to a file, a
 * pipe or a terminal has been handed over.
 *
 * @param code the exit code
 */
export const leave = (code: number): never => process.exit(code)
