-- Gin: the pending list, the tree of entries, posting trees.
CREATE TABLE gn (a int[], n int);
CREATE INDEX gn_a ON gn USING gin (a) WITH (fastupdate = on, gin_pending_list_limit = 64);
INSERT INTO gn SELECT ARRAY[i % 5, i], i FROM generate_series(1, 1500) i;        -- UPDATE_META_PAGE, INSERT_LISTPAGE, DELETE_LISTPAGE
VACUUM gn;
ALTER INDEX gn_a SET (fastupdate = off);
INSERT INTO gn SELECT ARRAY[10000 + i % 3000], i FROM generate_series(1, 3000) i;  -- INSERT, SPLIT
INSERT INTO gn SELECT ARRAY[1], i FROM generate_series(1, 30000) i;              -- CREATE_PTREE
DELETE FROM gn WHERE n % 4 = 1;
VACUUM gn;                                                                       -- VACUUM_PAGE, VACUUM_DATA_LEAF_PAGE
DELETE FROM gn WHERE n > 100;
VACUUM gn;                                                                       -- DELETE_PAGE
INSERT INTO gn SELECT ARRAY[1, i % 7], i FROM generate_series(1, 300) i;
