-- Who missed which call, and whether he has seen that he did.
CREATE TABLE missed_calls (
  user BLOB NOT NULL,
  call BLOB NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  conversation BLOB NOT NULL,
  start_time INTEGER NOT NULL,
  seen INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (call, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX missed_calls_unseen ON missed_calls (user) WHERE NOT seen;
