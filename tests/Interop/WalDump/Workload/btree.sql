-- Btree. Keys of 1500 bytes: five on a page, so that few rows make a tree of several levels.
CREATE TABLE b (k text, n int);
ALTER TABLE b ALTER k SET STORAGE PLAIN;
CREATE FUNCTION wide(i int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lpad(i::text, 8, '0') || repeat('.', 1500) $$;
CREATE INDEX b_k ON b (k);
INSERT INTO b SELECT wide(i * 37 % 200), i FROM generate_series(1, 200) i;       -- INSERT_LEAF, INSERT_UPPER, SPLIT_L, SPLIT_R, NEWROOT
DELETE FROM b WHERE n % 10 <> 0;
VACUUM b;                                                                        -- VACUUM, MARK_PAGE_HALFDEAD, UNLINK_PAGE
DELETE FROM b;
VACUUM b;                                                                        -- UNLINK_PAGE_META
SELECT pg_current_xact_id();
VACUUM b;                                                                        -- META_CLEANUP
INSERT INTO b SELECT wide(i), i FROM generate_series(1, 100) i;                  -- INSERT_META, REUSE_PAGE
CREATE INDEX b_n ON b (n) WITH (deduplicate_items = off);

-- Many equal keys: DEDUP; a new one whose heap position lies inside a posting list: INSERT_POST; part of a posting list dead: VACUUM with updates
CREATE TABLE d (k int, n int, pad text);
CREATE INDEX d_k ON d (k);
INSERT INTO d SELECT i % 3, i, repeat('x', 30) FROM generate_series(1, 2000) i;
DELETE FROM d WHERE n % 5 = 0;
VACUUM d;
INSERT INTO d SELECT i % 3, i, repeat('x', 30) FROM generate_series(1, 300) i;
-- Versions of one row that HOT cannot keep out of the index are deleted from below, killed entries at the next insertion: DELETE
CREATE INDEX d_n ON d (n);
DO $$ BEGIN FOR i IN 1..40 LOOP UPDATE d SET k = k WHERE n <= 20; UPDATE d SET n = n WHERE n <= 20; COMMIT; END LOOP; END $$;
CREATE TABLE killed (k int PRIMARY KEY);
INSERT INTO killed SELECT i FROM generate_series(1, 360) i;
DELETE FROM killed WHERE k BETWEEN 10 AND 300;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM killed WHERE k > 0;
INSERT INTO killed SELECT i FROM generate_series(10, 300) i;
RESET enable_seqscan;
RESET enable_bitmapscan;
