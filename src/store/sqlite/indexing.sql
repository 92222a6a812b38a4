-- The index takes the new messages of a transaction all at once, before its end (threads.rs): each put in by itself, between
-- two savepoints, FTS5 wrote a segment of the index for each. `store.change` still has its old value by then, so what is
-- above it is not in the index yet, and is neither taken out nor put in by what changes it.
DROP TRIGGER messages_index_add;
DROP TRIGGER messages_index_drop;
DROP TRIGGER messages_index_change;
CREATE TRIGGER messages_index_drop AFTER DELETE ON messages
WHEN old.n <= (SELECT change FROM store) BEGIN
  INSERT INTO messages_index (messages_index, rowid, content, place)
  VALUES ('delete', old.n, old.content, lower(hex(old.conversation)));
END;
CREATE TRIGGER messages_index_change AFTER UPDATE OF n, content ON messages BEGIN
  INSERT INTO messages_index (messages_index, rowid, content, place)
  SELECT 'delete', old.n, old.content, lower(hex(old.conversation)) WHERE old.n <= (SELECT change FROM store);
  INSERT INTO messages_index (rowid, content, place)
  SELECT new.n, new.content, lower(hex(new.conversation)) WHERE new.n <= (SELECT change FROM store);
END;
