-- Format 2: what happened in each call. A table of its own, so that lists of calls do not read it.
CREATE TABLE call_timelines (
  call BLOB PRIMARY KEY NOT NULL REFERENCES calls (id),
  timeline TEXT NOT NULL              -- JSON
) STRICT;
