/** Tests that a page names, so that it can be looked whether they are there. */
export interface NamedTest {
  /** From the root of the repository. */
  readonly file: string
  readonly name: string
}

/** The tests that a row of a table names: each time a file in backquotes, and after it the names in asterisks. */
export const testsNamedIn = (row: string): ReadonlyArray<NamedTest> =>
  [...row.matchAll(/`([^`]+\.test\.ts)`: ((?:\*[^*]+\*(?:[;,] )?)+)/gu)].flatMap(([, file, names]) =>
    [...names!.matchAll(/\*([^*]+)\*/gu)].map(([, name]) => ({ file: file!, name: name! }))
  )
