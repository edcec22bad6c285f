-- BRIN
CREATE TABLE br (n int, t text) WITH (fillfactor = 10);
CREATE INDEX br_n ON br USING brin (n) WITH (pages_per_range = 1, autosummarize = off); -- CREATE_INDEX, REVMAP_EXTEND
CREATE INDEX br_t ON br USING brin (t) WITH (pages_per_range = 1);
INSERT INTO br SELECT i, repeat('m', 20) FROM generate_series(1, 2000) i;
SELECT brin_summarize_new_values('br_n');                                        -- INSERT, INSERT+INIT
SELECT brin_summarize_new_values('br_t');
UPDATE br SET n = n WHERE n % 100 = 1;
INSERT INTO br SELECT -i, repeat('a', 1 + i) FROM generate_series(1, 600) i;      -- SAMEPAGE_UPDATE, UPDATE, UPDATE+INIT
SELECT brin_desummarize_range('br_n', 3);                                        -- DESUMMARIZE
SELECT brin_summarize_range('br_n', 3);
-- Bloom, an extension: Generic
CREATE EXTENSION bloom;
CREATE TABLE bl (a int, b int);
CREATE INDEX bl_ab ON bl USING bloom (a, b);
INSERT INTO bl SELECT i, i FROM generate_series(1, 500) i;
DELETE FROM bl WHERE a % 2 = 0;
VACUUM bl;
