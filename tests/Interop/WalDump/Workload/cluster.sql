-- Databases, tablespaces, the XLOG records that a command makes.
SELECT setting::int >= 150000 AS since_15 FROM pg_settings WHERE name = 'server_version_num' \gset
\if :since_15
\set wal_log 'STRATEGY wal_log'
\set file_copy 'STRATEGY file_copy'
\else
\set wal_log ''
\set file_copy ''
\endif
CREATE DATABASE by_log :wal_log;                                                 -- CREATE_WAL_LOG
CREATE DATABASE by_copy :file_copy;                                              -- CREATE_FILE_COPY
CREATE TABLESPACE inside LOCATION :'inside';
CREATE TABLESPACE outside LOCATION :'tablespace';
CREATE TABLE there (a int PRIMARY KEY) TABLESPACE outside;
INSERT INTO there SELECT generate_series(1, 10);
CREATE DATABASE elsewhere TABLESPACE outside :wal_log;
ALTER TABLE there SET TABLESPACE inside;
ALTER DATABASE elsewhere SET TABLESPACE inside;
DROP TABLE there;
DROP DATABASE elsewhere;
DROP TABLESPACE outside;
DROP TABLESPACE inside;
DROP DATABASE by_copy;
DROP DATABASE by_log;

SELECT 1 FROM pg_create_restore_point('a point to go back to');
\if :since_15
SELECT 1 FROM pg_backup_start('backup', true);
SELECT 1 FROM pg_backup_stop(false);                                             -- BACKUP_END, SWITCH
\else
SELECT 1 FROM pg_start_backup('backup', true, false);
SELECT 1 FROM pg_stop_backup(false);
\endif
SELECT 1 FROM pg_switch_wal();
ALTER SYSTEM SET full_page_writes = off;
SELECT pg_reload_conf();
