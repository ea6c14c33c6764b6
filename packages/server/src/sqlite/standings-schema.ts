/**
 * How rooms are kept, in a data file (spec/moderation.md).
 *
 * @module
 */

/** The step of the schema that makes room for it. Whoever is nothing to a room has no row. */
export const standingsStep = `
  ALTER TABLE rooms ADD COLUMN access TEXT NOT NULL DEFAULT 'public';
  ALTER TABLE rooms ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE standings (
    room INTEGER NOT NULL REFERENCES rooms (id),
    person TEXT NOT NULL,
    nick TEXT NOT NULL,
    role TEXT NOT NULL,
    invited INTEGER NOT NULL,
    banned INTEGER NOT NULL,
    muted INTEGER NOT NULL,
    PRIMARY KEY (room, person)
  ) STRICT, WITHOUT ROWID;`
