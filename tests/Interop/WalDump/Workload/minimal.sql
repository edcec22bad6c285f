-- Under wal_level = minimal. A relation made in the same transaction writes no WAL, so the GiST insertions below need a place of their own in the WAL order:
-- Gist ASSIGN_LSN.
BEGIN;
CREATE TABLE unlogged_yet (p point);
CREATE INDEX ON unlogged_yet USING gist (p);
INSERT INTO unlogged_yet SELECT point(i % 37, i) FROM generate_series(1, 500) i;
COMMIT;
