-- The first change of a page after a checkpoint carries its image; with wal_consistency_checking every change carries one that only a check looks at.
-- Some descriptions say which (Gin), -b says it of all.
CHECKPOINT;
INSERT INTO b VALUES (wide(7), 7);
INSERT INTO gn SELECT ARRAY[1, 50000], 1 FROM generate_series(1, 3) i;
INSERT INTO ha VALUES (1, 1);
INSERT INTO gs VALUES (point(3, 3), 3);
INSERT INTO sp VALUES (point(3, 3), 'three', 3);
INSERT INTO br VALUES (3, 'three');
INSERT INTO bl VALUES (3, 3);
SELECT nextval('s');
DELETE FROM gn WHERE n % 2 = 0;
VACUUM gn;
SET wal_consistency_checking = 'all';
INSERT INTO b VALUES (wide(8), 8);
INSERT INTO gn SELECT ARRAY[1, 50001], 1 FROM generate_series(1, 3) i;
INSERT INTO ha VALUES (2, 2);
INSERT INTO gs VALUES (point(4, 4), 4);
INSERT INTO sp VALUES (point(4, 4), 'four', 4);
INSERT INTO br VALUES (4, 'four');
INSERT INTO bl VALUES (4, 4);
SELECT nextval('s');
DELETE FROM gn WHERE n % 3 = 0;
VACUUM gn;
DELETE FROM h WHERE id = 7002;
VACUUM h;
RESET wal_consistency_checking;
