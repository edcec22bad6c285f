-- Heap and Heap2: every change of a tuple, pruning, vacuum, rewrite; images with holes, in every compression.
SET wal_compression = off;
CREATE TABLE h (id int PRIMARY KEY, v text, n int) WITH (fillfactor = 50);
INSERT INTO h SELECT i, 'row ' || i, 0 FROM generate_series(1, 300) i;          -- INSERT, INSERT+INIT
UPDATE h SET n = n + 1 WHERE id <= 10;                                          -- HOT_UPDATE
UPDATE h SET id = id + 1000, v = repeat('x', 300) WHERE id BETWEEN 100 AND 150; -- UPDATE, UPDATE+INIT
DELETE FROM h WHERE id BETWEEN 20 AND 60;                                       -- DELETE
BEGIN;
SELECT count(*) FROM (SELECT 1 FROM h WHERE id = 5 FOR UPDATE) l;               -- LOCK
SELECT count(*) FROM (SELECT 1 FROM h WHERE id = 6 FOR KEY SHARE) l;
SELECT count(*) FROM (SELECT 1 FROM h WHERE id = 7 FOR NO KEY UPDATE) l;
SELECT count(*) FROM (SELECT 1 FROM h WHERE id = 8 FOR SHARE) l;
COMMIT;
INSERT INTO h VALUES (1, 'conflict', 0) ON CONFLICT (id) DO UPDATE SET n = h.n + 1;
INSERT INTO h VALUES (5001, 'none', 0) ON CONFLICT DO NOTHING;                  -- CONFIRM
COPY h FROM STDIN;                                                              -- MULTI_INSERT, MULTI_INSERT+INIT
7001	copied	1
7002	copied	2
7003	copied	3
\.
CREATE TABLE copied (LIKE h);
INSERT INTO copied SELECT * FROM h;
COPY (SELECT * FROM h) TO '/dev/null';
CREATE TABLE selected AS SELECT * FROM h;
SELECT count(*) FROM h;                                                         -- PRUNE
VACUUM h;                                                                       -- VACUUM, VISIBLE
UPDATE h SET n = n + 1 WHERE id <= 10;                                          -- clears the visibility map
VACUUM (FREEZE) h;                                                              -- FREEZE_PAGE
BEGIN;
COPY copied FROM STDIN WITH (FREEZE false);
1	a	1
2	b	2
\.
TRUNCATE copied;                                                                -- TRUNCATE
COPY copied FROM STDIN WITH (FREEZE true);
8001	frozen	1
8002	frozen	2
\.
COMMIT;

-- A speculative insertion that another one overtakes is deleted again; INPLACE is what VACUUM and CREATE INDEX do to pg_class.
CREATE INDEX ON h (n);
ALTER TABLE h SET (fillfactor = 90);
TRUNCATE selected;

-- Toast, and a table that is shortened: Storage TRUNCATE
CREATE TABLE wide (id int, t text);
ALTER TABLE wide ALTER t SET STORAGE EXTERNAL;
INSERT INTO wide SELECT i, repeat(md5(i::text), 200) FROM generate_series(1, 40) i;
UPDATE wide SET t = t || 'x' WHERE id % 7 = 0;
DELETE FROM wide WHERE id > 3;
VACUUM wide;

-- Row movement: DELETE of a tuple that went to another partition
CREATE TABLE part (k int, v int) PARTITION BY LIST (k);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE part2 PARTITION OF part FOR VALUES IN (2);
INSERT INTO part VALUES (1, 1), (2, 2);
UPDATE part SET k = 2 WHERE k = 1;
TRUNCATE part CASCADE;
TRUNCATE part RESTART IDENTITY;

-- Old tuples for logical decoding, whole or keys alone
ALTER TABLE selected REPLICA IDENTITY FULL;
INSERT INTO selected VALUES (1, 'one', 1);
UPDATE selected SET n = 2;
DELETE FROM selected;
UPDATE h SET id = 9001 WHERE id = 1;

-- A rewrite of a catalog that logical decoding still needs: Heap2 REWRITE
SELECT 1 FROM pg_create_logical_replication_slot('rewritten', 'test_decoding');
CREATE TABLE catalogued (a int) WITH (user_catalog_table = true);
INSERT INTO catalogued SELECT generate_series(1, 20);
BEGIN;
UPDATE catalogued SET a = a + 1;
DELETE FROM catalogued WHERE a > 15;
COMMIT;
VACUUM FULL catalogued;
SELECT pg_drop_replication_slot('rewritten');

-- Images
CREATE TABLE image (id int, t text);
INSERT INTO image SELECT i, repeat(chr(64 + i % 26), 100) FROM generate_series(1, 150) i;
CHECKPOINT;
UPDATE image SET id = id WHERE id = 1;
SELECT CASE WHEN setting::int >= 150000 THEN 'pglz' ELSE 'on' END AS pglz FROM pg_settings WHERE name = 'server_version_num' \gset
SET wal_compression = :pglz;
CHECKPOINT;
UPDATE image SET id = id WHERE id % 70 = 1;
VACUUM image;                                                                   -- a page of the visibility map has no hole
CREATE INDEX ON image (t, id);
-- Debian's 15 has both; the servers of tests/get-postgres.sh have neither.
SELECT setting::int / 10000 = 15 AS has_lz4_and_zstd FROM pg_settings WHERE name = 'server_version_num' \gset
\if :has_lz4_and_zstd
SET wal_compression = lz4;
CHECKPOINT;
UPDATE image SET id = id WHERE id % 70 = 1;
VACUUM image;                                                                   -- a page of the visibility map has no hole
CREATE INDEX ON image (id, t);
SET wal_compression = zstd;
CHECKPOINT;
UPDATE image SET id = id WHERE id % 70 = 1;
VACUUM image;                                                                   -- a page of the visibility map has no hole
CREATE INDEX ON image (id);
\endif
RESET wal_compression;

-- Images that only a check of consistency looks at
SET wal_consistency_checking = 'all';
UPDATE image SET id = id WHERE id % 70 = 1;
INSERT INTO image SELECT i, 'checked' FROM generate_series(200, 204) i;
RESET wal_consistency_checking;

-- Hint bits (wal_log_hints): FPI_FOR_HINT
INSERT INTO image SELECT i, 'hinted' FROM generate_series(300, 800) i;
CHECKPOINT;
SELECT count(*) FROM image;
CREATE UNLOGGED TABLE unlogged (a int PRIMARY KEY, t text);                     -- FPI of an init fork
VACUUM image;
