-- SPGist: points (a quad tree) and texts (a radix tree, whose inner tuples get nodes and are split).
CREATE TABLE sp (p point, t text, n int);
CREATE INDEX sp_p ON sp USING spgist (p);
CREATE INDEX sp_t ON sp USING spgist (t);
INSERT INTO sp SELECT point(i % 53, i % 101), md5(i::text), i FROM generate_series(1, 2000) i; -- ADD_LEAF, MOVE_LEAFS, PICKSPLIT, ADD_NODE
INSERT INTO sp SELECT NULL, NULL, i FROM generate_series(1, 20) i;
INSERT INTO sp SELECT NULL, repeat('common prefix ', 20) || i, i FROM generate_series(1, 300) i;
INSERT INTO sp SELECT NULL, repeat('common prefix ', 5) || 'then ' || i, i FROM generate_series(1, 100) i; -- SPLIT_TUPLE
INSERT INTO sp SELECT NULL, chr(i) || 'x', i FROM generate_series(192, 400) i;
DELETE FROM sp WHERE n % 3 = 0;
VACUUM sp;                                                                       -- VACUUM_LEAF, VACUUM_REDIRECT
SELECT pg_current_xact_id();
VACUUM sp;
CREATE TABLE sr (p point, n int);
CREATE INDEX sr_p ON sr USING spgist (p);
INSERT INTO sr SELECT point(i, i), i FROM generate_series(1, 20) i;
DELETE FROM sr WHERE n > 10;
VACUUM sr;                                                                       -- VACUUM_ROOT
