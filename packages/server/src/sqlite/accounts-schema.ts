/**
 * The tables of accounts in a data file (spec/accounts.md).
 *
 * @module
 */

/** The step of the schema that makes their tables. Who has the key of `salting` can tell which nicks have no account, and nothing else. */
export const accountsStep = `
  CREATE TABLE accounts (
    person TEXT PRIMARY KEY,
    nick TEXT NOT NULL UNIQUE,
    salt TEXT NOT NULL,
    iterations INTEGER NOT NULL,
    stored_key TEXT NOT NULL,
    server_key TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tokens (
    digest TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE salting (
    key TEXT PRIMARY KEY
  ) STRICT, WITHOUT ROWID;
  INSERT INTO salting VALUES (lower(hex(randomblob(32))));`

/** The step of the schema that makes the table of invitations, each for so many more accounts. */
export const invitationsStep = `
  CREATE TABLE invitations (
    digest TEXT PRIMARY KEY,
    uses INTEGER NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`

/** The step of the schema that makes the table of those whom an operator lets in no more: nicks, and addresses. */
export const bansStep = `
  CREATE TABLE bans (
    target TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    until INTEGER
  ) STRICT, WITHOUT ROWID;`
