-- People: what they let others see, whom they block, what they mute; one-time links, invitations, ended sessions.
CREATE TABLE settings (
  user BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  settings TEXT NOT NULL              -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
  user BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  blocked BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  PRIMARY KEY (user, blocked)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_by_blocked ON blocks (blocked, user);

CREATE TABLE mutes (
  user BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  conversation BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  until INTEGER,                      -- null: until further notice
  PRIMARY KEY (user, conversation)
) STRICT, WITHOUT ROWID;

CREATE TABLE last_seen (
  user BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE resets (                 -- one-time links to set a password
  user BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash BLOB NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invitations (
  id BLOB PRIMARY KEY NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  note TEXT NOT NULL,
  created_by BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  max_uses INTEGER NOT NULL,
  uses INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_by_time ON invitations (created_at, id);

CREATE TABLE revocations (            -- sessions ended for their user: servers beside the one that did it look here
  session BLOB PRIMARY KEY NOT NULL,
  user BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_time ON revocations (at);
