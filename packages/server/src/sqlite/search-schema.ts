/**
 * What a data file holds for `search` (spec/search.md): an index of words, and the places of entries in one order.
 *
 * @module
 */

/**
 * Empties the index of a file, which its next server makes anew: nothing is left in it of entries that are gone. Space that becomes free
 * by it is still there.
 */
export const emptyIndex = `
  INSERT INTO words (words) VALUES ('delete-all');
  DELETE FROM unindexed;
  UPDATE rooms SET indexed = first - 1;`

/**
 * The step that gives a file its index.
 *
 * `words` is the index: for each word of each room, the entries that hold it. It holds words that were folded already, each once per
 * entry, with the room before them, so that what a search costs, and the time that it takes, depends on the rooms that are searched and
 * on no other (SEARCH-14); and the nick of the author as "@nick". It keeps no texts and no positions: bench/search.ts
 * says what it costs. Its parts are not
 * merged when something is added, for as long as that takes, but in steps of their own (indexer.ts). The rowid of an entry is 2^40 times its room, and its seq.
 *
 * `rooms.indexed` is the seq up to which a room's entries are in the index; those above are read as they stand. What is changed or taken
 * away below it goes into `unindexed` as it was, by triggers, so that whoever changes a text need not know of the index.
 *
 * `place` orders the entries of all rooms as they were committed (SEARCH-7): it rises with each, and is at least 1,024 times `at`, so that
 * it can be found by time. `drift` is by how much the places of a room were ahead of that at the most. Entries of before this
 * step get theirs when they are indexed; those of their rooms' heads are as high as any of theirs may become.
 */
export const searchStep = `
  ALTER TABLE entries ADD COLUMN place INTEGER;
  ALTER TABLE rooms ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE rooms ADD COLUMN drift INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE rooms ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
  UPDATE rooms SET
    place = 1024 * min(max((SELECT coalesce(max(at), 0) FROM entries WHERE room = rooms.id), 0), 8700000000000) + head,
    indexed = first - 1;
  CREATE VIRTUAL TABLE words USING fts5 (
    terms, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '@_-'"
  );
  INSERT INTO words (words, rank) VALUES ('automerge', 0);
  INSERT INTO words (words, rank) VALUES ('crisismerge', 64);
  CREATE TABLE unindexed (
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (room, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER entries_changed AFTER UPDATE OF text ON entries
    WHEN old.text IS NOT new.text AND old.seq <= (SELECT indexed FROM rooms WHERE id = old.room)
    BEGIN INSERT INTO unindexed VALUES (old.room, old.seq, old.author, old.text) ON CONFLICT DO NOTHING; END;
  CREATE TRIGGER entries_gone AFTER DELETE ON entries
    WHEN old.seq <= (SELECT indexed FROM rooms WHERE id = old.room)
    BEGIN INSERT INTO unindexed VALUES (old.room, old.seq, old.author, old.text) ON CONFLICT DO NOTHING; END;
  CREATE TABLE ciphers (name TEXT PRIMARY KEY, cipher BLOB NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO ciphers VALUES ('search', randomblob(16));`

/** The version of a file that has an index, and that of one whose index knows nothing of conversations. */
export const [searchVersion, conversationsApart] = [3, 6]

/**
 * Empties the index where it has words of conversations: some builds, none of which was released, took them in. The next server makes it
 * anew, without them.
 */
export const withoutConversations = `
  CREATE TEMP TABLE indexed_conversations AS
    SELECT 1 FROM rooms JOIN conversations ON conversations.room = rooms.id WHERE indexed >= first LIMIT 1;
  INSERT INTO words (words) SELECT 'delete-all' FROM indexed_conversations;
  DELETE FROM unindexed WHERE EXISTS (SELECT 1 FROM indexed_conversations);
  UPDATE rooms SET indexed = first - 1 WHERE EXISTS (SELECT 1 FROM indexed_conversations);
  DROP TABLE indexed_conversations;`

/** The triggers, in a file that has entries of all kinds: messages alone are indexed. */
export const indexTriggers = `
  CREATE TRIGGER entries_changed AFTER UPDATE OF text ON entries
    WHEN old.kind = 0 AND old.text IS NOT new.text AND old.seq <= (SELECT indexed FROM rooms WHERE id = old.room)
    BEGIN INSERT INTO unindexed VALUES (old.room, old.seq, old.author, old.text) ON CONFLICT DO NOTHING; END;
  CREATE TRIGGER entries_gone AFTER DELETE ON entries
    WHEN old.kind = 0 AND old.seq <= (SELECT indexed FROM rooms WHERE id = old.room)
    BEGIN INSERT INTO unindexed VALUES (old.room, old.seq, old.author, old.text) ON CONFLICT DO NOTHING; END;`
