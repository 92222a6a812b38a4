-- Format 1. Ids are the 12 bytes of an ObjectId, times are milliseconds since 1970.
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  identity TEXT NOT NULL,             -- names this database in sync tokens
  change INTEGER NOT NULL             -- the change counter; see sync.rs
) STRICT;
INSERT INTO store VALUES (1, lower(hex(randomblob(6))), 0);

CREATE TABLE users (
  id BLOB PRIMARY KEY NOT NULL,
  username TEXT NOT NULL,
  username_key TEXT NOT NULL UNIQUE,  -- folded
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,     -- folded
  password TEXT NOT NULL,
  role TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id BLOB PRIMARY KEY NOT NULL,
  user BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash BLOB NOT NULL UNIQUE,
  previous_hash BLOB,
  rotated_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  user_agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user, created_at);
CREATE INDEX sessions_by_previous ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE claims (hash BLOB PRIMARY KEY NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
  id BLOB PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL,
  pair BLOB UNIQUE,                   -- direct: both user ids, the lower one first
  last_seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  changed INTEGER NOT NULL            -- stamp of the last message or receipt
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  conversation BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  user BLOB NOT NULL REFERENCES users (id),
  delivered_seq INTEGER NOT NULL,
  read_seq INTEGER NOT NULL,
  PRIMARY KEY (conversation, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user, conversation);

CREATE TABLE messages (
  n INTEGER PRIMARY KEY,              -- stamp of the change that added it
  id BLOB NOT NULL UNIQUE,
  conversation BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  from_user BLOB NOT NULL,
  client_id TEXT NOT NULL,
  content TEXT NOT NULL,
  reply_to BLOB,
  created_at INTEGER NOT NULL,
  UNIQUE (conversation, seq),
  UNIQUE (conversation, from_user, client_id)
) STRICT;

CREATE TABLE calls (
  id BLOB PRIMARY KEY NOT NULL,
  start_time INTEGER NOT NULL,
  status TEXT NOT NULL,
  open INTEGER NOT NULL,
  node TEXT NOT NULL,
  epoch BLOB,
  record TEXT NOT NULL                -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_open ON calls (node) WHERE open;

CREATE TABLE call_users (
  user BLOB NOT NULL,
  start_time INTEGER NOT NULL,
  call BLOB NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  PRIMARY KEY (user, start_time, call)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_users_by_call ON call_users (call, user);

CREATE TABLE nodes (
  node TEXT NOT NULL,
  epoch BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (node, epoch)
) STRICT, WITHOUT ROWID;
