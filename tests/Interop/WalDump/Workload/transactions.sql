-- Transaction, MultiXact, Standby, LogicalMessage, ReplicationOrigin
CREATE TABLE x (id int PRIMARY KEY, v int);
INSERT INTO x SELECT i, 0 FROM generate_series(1, 20) i;

-- Two-phase: what a prepared transaction can carry
BEGIN;
INSERT INTO x VALUES (101, 1);
SAVEPOINT s;
INSERT INTO x VALUES (102, 1);
CREATE TABLE born_prepared (a int PRIMARY KEY, t text);
RELEASE s;
PREPARE TRANSACTION 'to be committed';
COMMIT PREPARED 'to be committed';
BEGIN;
INSERT INTO x VALUES (103, 1);
DROP TABLE born_prepared;
PREPARE TRANSACTION 'to be rolled back, with a ''quote''';
ROLLBACK PREPARED 'to be rolled back, with a ''quote''';
BEGIN;
CREATE TABLE never_born (a int PRIMARY KEY);
PREPARE TRANSACTION 'never born';
ROLLBACK PREPARED 'never born';
BEGIN;
DROP TABLE born_prepared;
PREPARE TRANSACTION 'drop';
COMMIT PREPARED 'drop';

-- Multixacts: prepared transactions are the other lockers
BEGIN;
SELECT v FROM x WHERE id = 1 FOR KEY SHARE;
SELECT v FROM x WHERE id = 2 FOR KEY SHARE;
SELECT v FROM x WHERE id = 3 FOR SHARE;
PREPARE TRANSACTION 'locker';
BEGIN;
SELECT v FROM x WHERE id = 1 FOR SHARE;
SELECT v FROM x WHERE id = 2 FOR NO KEY UPDATE;
SELECT v FROM x WHERE id = 3 FOR KEY SHARE;
PREPARE TRANSACTION 'second locker';
UPDATE x SET v = 1 WHERE id = 1 AND false;
BEGIN;
SELECT v FROM x WHERE id = 1 FOR KEY SHARE;
SAVEPOINT a;
SELECT v FROM x WHERE id = 1 FOR SHARE;
ROLLBACK TO a;
COMMIT;
COMMIT PREPARED 'second locker';
-- A tuple that was updated under a key share lock is locked in all its versions: LOCK_UPDATED
BEGIN;
UPDATE x SET v = 7 WHERE id = 2;
PREPARE TRANSACTION 'updater';
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT v FROM x WHERE id = 2 FOR KEY SHARE;
COMMIT;
COMMIT PREPARED 'updater';
COMMIT PREPARED 'locker';
BEGIN;
SELECT v FROM x WHERE id = 5 FOR UPDATE;
SAVEPOINT a;
UPDATE x SET v = 3 WHERE id = 5;
SAVEPOINT b;
DELETE FROM x WHERE id = 5;
ROLLBACK TO b;
COMMIT;

-- Subtransactions: as many as make an ASSIGNMENT, committed and rolled back ones
BEGIN;
DO $$
BEGIN
  FOR i IN 1..70 LOOP
    BEGIN
      INSERT INTO x VALUES (1000 + i, 0);
      IF i % 10 = 0 THEN RAISE EXCEPTION 'undone'; END IF;
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
END $$;
CHECKPOINT; -- RUNNING_XACTS, of a transaction that has subtransactions
COMMIT;
BEGIN;
SAVEPOINT a;
INSERT INTO x VALUES (2001, 1);
CREATE TABLE never (a int);
ROLLBACK;

-- Catalog changes: NEW_CID, INVALIDATIONS of transactions and of none, relations dropped at commit
BEGIN;
CREATE TABLE c (a int, b text);
ALTER TABLE c ADD d int DEFAULT 3;
CREATE FUNCTION nothing() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE e AS ENUM ('a', 'b');
COMMIT;
LOCK TABLE x IN ACCESS SHARE MODE \; SELECT 1;
BEGIN;
LOCK TABLE x IN ACCESS EXCLUSIVE MODE;
PREPARE TRANSACTION 'exclusive';
CHECKPOINT; -- Standby LOCK
COMMIT PREPARED 'exclusive';
DROP TABLE c;
DROP FUNCTION nothing();
ANALYZE x;
VACUUM x;
VACUUM FULL pg_class; -- RelMap UPDATE
VACUUM FULL pg_database;
REINDEX TABLE CONCURRENTLY x;

SET synchronous_commit = remote_apply;
INSERT INTO x VALUES (3001, 1);
RESET synchronous_commit;

SELECT 1 FROM pg_logical_emit_message(true, 'prefix', 'transactional');
SELECT 1 FROM pg_logical_emit_message(false, 'prefix', 'at once');
SELECT 1 FROM pg_logical_emit_message(false, '', ''::bytea);
SELECT 1 FROM pg_logical_emit_message(true, 'long', decode(repeat('00ff7f', 8000), 'hex'));

SELECT 1 FROM pg_replication_origin_create('far');
SELECT pg_replication_origin_advance('far', '1/2345678');
SELECT pg_replication_origin_session_setup('far');
BEGIN;
SELECT pg_replication_origin_xact_setup('A/BCDEF012', '2022-02-22 22:22:22.222222+00');
INSERT INTO x VALUES (4001, 1);
COMMIT;
BEGIN;
SELECT pg_replication_origin_xact_setup('A/BCDEF013', '2022-02-22 22:22:22+00');
INSERT INTO x VALUES (4002, 1);
PREPARE TRANSACTION 'from far';
COMMIT PREPARED 'from far';
SELECT pg_replication_origin_session_reset();
SELECT pg_replication_origin_drop('far');

CREATE SEQUENCE s;
SELECT nextval('s'), nextval('s');
SELECT setval('s', 100);
CREATE TABLE serial (id bigserial, a int);
INSERT INTO serial (a) SELECT generate_series(1, 50);
TRUNCATE serial RESTART IDENTITY;
