-- Search: an index over the text of messages that follows them by triggers, so that an edit and a deletion are in it with
-- their transaction. `place` is the conversation, as a word to look for: so a search reads what is the asker's own.
CREATE VIEW messages_text AS SELECT n, content, lower(hex(conversation)) AS place FROM messages;
CREATE VIRTUAL TABLE messages_index USING fts5 (
  content, place, content = 'messages_text', content_rowid = 'n', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO messages_index (messages_index) VALUES ('rebuild');
CREATE TRIGGER messages_index_add AFTER INSERT ON messages BEGIN
  INSERT INTO messages_index (rowid, content, place) VALUES (new.n, new.content, lower(hex(new.conversation)));
END;
CREATE TRIGGER messages_index_drop AFTER DELETE ON messages BEGIN
  INSERT INTO messages_index (messages_index, rowid, content, place)
  VALUES ('delete', old.n, old.content, lower(hex(old.conversation)));
END;
CREATE TRIGGER messages_index_change AFTER UPDATE OF n, content ON messages BEGIN
  INSERT INTO messages_index (messages_index, rowid, content, place)
  VALUES ('delete', old.n, old.content, lower(hex(old.conversation)));
  INSERT INTO messages_index (rowid, content, place) VALUES (new.n, new.content, lower(hex(new.conversation)));
END;
