-- Format 8: who went out of which conversation, for his `sync`; what groups look like.
CREATE TABLE departures (
  user BLOB NOT NULL,
  conversation BLOB NOT NULL,
  changed INTEGER NOT NULL,           -- stamp of the last time
  PRIMARY KEY (user, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX departures_by_change ON departures (user, changed);
ALTER TABLE conversations ADD COLUMN color TEXT;                    -- of a group; null: none
ALTER TABLE conversations ADD COLUMN picture BLOB;                  -- of a group: a file
ALTER TABLE files ADD COLUMN conversation BLOB;                     -- the group whose picture it is; then `message` is null
DROP INDEX files_unsent;
CREATE INDEX files_unsent ON files (created_at) WHERE message IS NULL AND conversation IS NULL AND NOT given_up;
