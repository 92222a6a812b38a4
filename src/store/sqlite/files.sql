-- Files that messages carry. Their bytes lie beside the database, by hash.
CREATE TABLE files (
  id BLOB PRIMARY KEY NOT NULL,
  owner BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash BLOB NOT NULL,
  size INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  message BLOB,                       -- null: not sent yet
  given_up INTEGER NOT NULL DEFAULT 0,
  shown TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_owner ON files (owner, size) WHERE NOT given_up;
CREATE INDEX files_by_hash ON files (hash) WHERE NOT given_up;
CREATE INDEX files_by_message ON files (message) WHERE message IS NOT NULL;
CREATE INDEX files_unsent ON files (created_at) WHERE message IS NULL AND NOT given_up;
CREATE INDEX files_given_up ON files (id) WHERE given_up;
ALTER TABLE messages ADD COLUMN attachments TEXT;                   -- JSON; null: none
