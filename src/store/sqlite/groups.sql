-- Format 2: groups.
ALTER TABLE conversations ADD COLUMN name TEXT;
ALTER TABLE conversations ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
ALTER TABLE members ADD COLUMN from_seq INTEGER NOT NULL DEFAULT 0; -- the first message that he may see
ALTER TABLE messages ADD COLUMN system TEXT;                        -- JSON of a system message's note
