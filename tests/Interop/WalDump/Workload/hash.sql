-- Hash: buckets that split, chains of overflow pages, and what vacuum makes of them.
CREATE TABLE ha (k int, n int);
CREATE INDEX ha_k ON ha USING hash (k);                                          -- INIT_META_PAGE, INIT_BITMAP_PAGE
INSERT INTO ha SELECT i, i FROM generate_series(1, 1500) i;                      -- INSERT, SPLIT_*
INSERT INTO ha SELECT 7, i FROM generate_series(1, 3000) i;                      -- ADD_OVFL_PAGE
DELETE FROM ha WHERE k = 7 AND n % 3 <> 0;
VACUUM ha;                                                                       -- DELETE, MOVE_PAGE_CONTENTS, SQUEEZE_PAGE, UPDATE_META_PAGE, SPLIT_CLEANUP
DELETE FROM ha WHERE k = 7;
VACUUM ha;
CREATE UNLOGGED TABLE hu (k int);
CREATE INDEX ON hu USING hash (k);

-- Killed entries make room for the next: VACUUM_ONE_PAGE
CREATE TABLE hk (k int, n int);
CREATE INDEX hk_k ON hk USING hash (k);
INSERT INTO hk SELECT 5, i FROM generate_series(1, 400) i;
DELETE FROM hk WHERE n > 5;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM hk WHERE k = 5;
SELECT count(*) FROM hk WHERE k = 5;
INSERT INTO hk SELECT 5, i FROM generate_series(1, 200) i;
RESET enable_seqscan;
RESET enable_bitmapscan;
