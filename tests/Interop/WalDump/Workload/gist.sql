-- Gist
CREATE TABLE gs (p point, n int);
CREATE INDEX gs_p ON gs USING gist (p);
INSERT INTO gs SELECT point(i % 41, i), i FROM generate_series(1, 1500) i;       -- PAGE_UPDATE, PAGE_SPLIT
CREATE INDEX gs_late ON gs USING gist (p) WITH (buffering = on);
DROP INDEX gs_late;
DELETE FROM gs WHERE n > 200;
VACUUM gs;                                                                       -- PAGE_DELETE
SELECT pg_current_xact_id();
VACUUM gs;
INSERT INTO gs SELECT point(i % 41, i), i FROM generate_series(201, 1200) i;     -- PAGE_REUSE
-- Killed entries: DELETE. Those of a root are never killed, so there must be leaves below one.
CREATE TABLE gk (p point, n int);
CREATE INDEX gk_p ON gk USING gist (p);
INSERT INTO gk SELECT point(1, i), i FROM generate_series(1, 400) i;
DELETE FROM gk WHERE n > 5;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM gk WHERE p <@ box '(0,0),(2,1000)';
INSERT INTO gk SELECT point(1, i), i FROM generate_series(1, 300) i;
RESET enable_seqscan;
RESET enable_bitmapscan;
