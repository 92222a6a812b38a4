-- Messages that change.
ALTER TABLE messages ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
ALTER TABLE messages ADD COLUMN deleted_at INTEGER;
ALTER TABLE messages ADD COLUMN reactions TEXT;                     -- JSON; null: none
ALTER TABLE messages ADD COLUMN changed INTEGER;                    -- stamp of its last change; null: never
CREATE INDEX messages_changed ON messages (conversation, changed) WHERE changed IS NOT NULL;
