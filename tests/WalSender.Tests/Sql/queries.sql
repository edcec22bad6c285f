-- One query a line; \n stands for a new line. Each is sent to PostgreSQL 15 and to us, in both protocols.
SELECT 1
SELECT 1 AS a, 2 b, 'x' AS "C d", NULL
SELECT
SELECT 1;
SELECT 1; SELECT 2
SELECT 1; SELECT 1/0; SELECT 3
;
SELECT 2147483647, 2147483648, -2147483648, 9223372036854775807, 9223372036854775808, 1.50, .5, 1e3, 1.5e-3
SELECT 2147483647 + 1
SELECT 9223372036854775807 + 1
SELECT 32767::int2 + 1::int2
SELECT 7/2, -7/2, 7%3, -7%3, 7.0/2, 1/3.0, 10.0/3, 2*3.25, 1.10+2.205, 100000/3.0, 1/0.3, 0.001/7, 5.5%2
SELECT 1/0
SELECT 1.0/0
SELECT 1 + 2 * 3 - 4, (1 + 2) * 3, - 5 + 3, -(5), +5, - -5
SELECT 1::float8/3, 1e15::float8, 1e14::float8, 123456789.123::float8, 1e-5::float8, 0.0001::float8, 1.5e300::float8, 'NaN'::float8, '-inf'::float8, 0::float8, '-0'::float8, 100::float8, 1e20::float8
SELECT 2.5::int, 3.5::int, 2.5::float8::int, 3.5::float8::int, '12'::int, ' 12 '::int2, 5::bigint, 3.7::int8
SELECT 'abc'::int
SELECT '99999999999'::int
SELECT 99999999999::int
SELECT 'abc'::bool
SELECT 't'::bool, 'off'::boolean, true, FALSE, NOT true, true AND NULL, false AND NULL, true OR NULL, NULL::bool
SELECT true::int, 1::bool, 0::bool, true::text
SELECT 1 = 1, 1 <> 2, 1 != 2, 1 < 2, 1 >= 2, 'a' = 'a', 'a' < 'b', 1 = 1.0, 1.5 > 1, 1 = '1'
SELECT 1 < 2 < 3
SELECT NULL = NULL, NULL IS NULL, 1 IS NOT NULL, 1 ISNULL, 1 NOTNULL, NULL IS DISTINCT FROM 1, 1 IS NOT DISTINCT FROM 1, NULL IS DISTINCT FROM NULL
SELECT true IS TRUE, false IS NOT TRUE, NULL IS UNKNOWN, (1=2) IS FALSE
SELECT 1 IN (1,2,3), 4 IN (1,2), 4 NOT IN (1,2), 1 IN (2, NULL), 'a' IN ('a','b'), 1 NOT IN (1, NULL)
SELECT 2 BETWEEN 1 AND 3, 2 NOT BETWEEN 1 AND 3, 'b' BETWEEN 'a' AND 'c'
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' NOT LIKE 'x%', 'ABC' ILIKE 'a%', 'a%c' LIKE 'a\%c', 'abc' LIKE 'abc', '' LIKE '%', 'abc' LIKE '%c%', 'äöü' LIKE '___', 'aXbXc' LIKE 'a%X%c'
SELECT 'a' LIKE 'a\'
SELECT 'a' || 'b', 'a' || 1, 1 || 'a', 'a' || NULL, 'a'::text || true, 'x'::name || 'y'::varchar
SELECT 1 || 2
SELECT CASE WHEN 1=1 THEN 'a' ELSE 'b' END, CASE 2 WHEN 1 THEN 'x' WHEN 2 THEN 'y' END, CASE WHEN false THEN 1 END, CASE WHEN true THEN 1 ELSE 2.5 END
SELECT CASE WHEN 1 THEN 2 END
SELECT CASE WHEN true THEN 1 ELSE 'x' END
SELECT CASE WHEN true THEN 1 ELSE now() END
SELECT CASE 1 WHEN 1 THEN current_database() ELSE 'n' END
SELECT coalesce(NULL, 1), coalesce(NULL, 'a'), coalesce(NULL::int, NULL), nullif(1,1), nullif(1,2), greatest(1,3,2), least(1.5,2), greatest(NULL, 1), least('b','a')
SELECT coalesce(1, 'x')
SELECT COALESCE(1, now())
SELECT concat('a', 1, NULL, true), concat_ws(',', 'a', NULL, 'b'), concat_ws(NULL, 'a')
SELECT 'a'::text, 'b'::varchar, 'abc'::varchar(2), 'c'::name, 1.256::numeric(10,2), 1234.5::numeric(5,1), CAST('5' AS integer), 12.5::numeric(4)
SELECT 12345.6::numeric(5,2)
SELECT 'x'::varchar(0)
SELECT 1::int4(3)
SELECT '0/16B3748'::pg_lsn, pg_lsn '1/0', '0/0'::pg_lsn, 'FFFFFFFF/FFFFFFFF'::pg_lsn, 'ab/cd'::pg_lsn
SELECT 'zz'::pg_lsn
SELECT '0/20'::pg_lsn - '0/10'::pg_lsn, '0/10'::pg_lsn - '0/20', '0/10'::pg_lsn + 16, '0/20'::pg_lsn - 16, 16 + '0/10'::pg_lsn, '0/10'::pg_lsn < '0/20', '0/A'::pg_lsn = '0/a'
SELECT pg_wal_lsn_diff('0/20', '0/10'), pg_wal_lsn_diff('0/10', '1/0'), pg_wal_lsn_diff(NULL, '0/0')
SELECT '0/10'::pg_lsn - 100
SELECT 'FFFFFFFF/FFFFFFFF'::pg_lsn + 1
SELECT '2026-11-22 07:05:00.123+00'::timestamptz, '2000-01-01'::timestamptz, '1999-12-31 23:59:59.999999Z'::timestamptz, '2026-11-22T07:05:00+02:00'::timestamptz, '0001-01-01 00:00:00+00'::timestamptz, '2024-02-29 1:02'::timestamptz, 'infinity'::timestamptz, '-infinity'::timestamptz, 'epoch'::timestamptz
SELECT 'bogus'::timestamptz
SELECT '1 day'::interval, '00:00:00.000123'::interval, '1 year 2 mons 3 days 04:05:06.7'::interval, '-1 day'::interval, '1 mon -1 day'::interval, '5 minutes'::interval, '1.5 hours'::interval, '-00:00:01'::interval, '0'::interval, '30 days ago'::interval, '100:00:00'::interval, interval '2 hours', '1 week'::interval, '-1 year +5 days'::interval, '90'::interval
SELECT 'x y'::interval
SELECT '2026-11-22 07:05:00+00'::timestamptz - '2026-11-20 06:00:00+00'::timestamptz, '2026-11-20 06:00:00+00'::timestamptz - '2026-11-22 07:05:00+00'::timestamptz
SELECT '2026-01-31 00:00:00+00'::timestamptz + '1 mon'::interval, '2026-03-31 00:00:00+00'::timestamptz - '1 mon'::interval, '2026-11-22 00:00+00'::timestamptz + '90 minutes', '1 day'::interval + '2026-11-22 00:00+00'::timestamptz
SELECT '1 day'::interval + '1 hour'::interval, '1 day'::interval - '25 hours'::interval, '1 hour'::interval * 2.5, 2 * '1 day'::interval, '1 day'::interval / 4, - '1 day'::interval, '1 day'::interval > '23 hours'::interval, '1 mon'::interval = '30 days'::interval
SELECT extract(epoch from '2026-11-22 07:05:00.5+00'::timestamptz), extract(epoch from '1 day 00:00:01.5'::interval), extract(year from '2026-11-22+00'::timestamptz), EXTRACT(month FROM timestamptz '2026-11-22 00:00+00'), extract(second from '00:01:02.5'::interval), extract(dow from '2026-11-22+00'::timestamptz), extract(doy from '2026-11-22+00'::timestamptz), date_part('epoch', '1 hour'::interval), extract(epoch from '1 year 1 mon'::interval), extract(milliseconds from '00:00:01.5'::interval), extract(hour from '2026-11-22 07:05+00'::timestamptz)
SELECT extract(bogus from '1 day'::interval)
SELECT extract(epoch from 1)
SELECT '\x0102ff'::bytea, 'a\\b\001'::bytea, ''::bytea, '\x01'::bytea || '\x02'::bytea, length('\x0102'::bytea), '\x01'::bytea < '\x02'
SELECT '\x0'::bytea
SELECT '\xzz'::bytea
SELECT '10.0.0.1'::inet, '10.0.0.0/8'::inet, '::1'::inet, 'fe80::1/64'::inet, '10.0.0.1'::inet = '10.0.0.1', host('10.0.0.1/24'::inet), '10.0.0.1'::inet < '10.0.0.2'
SELECT 'x'::inet
SELECT '5'::xid, 4294967295::text::xid, 5::oid, 4294967295::oid, 5::oid::int8, 5::oid = 5, 26::oid::int4
SELECT 1::xid
SELECT -1::oid
SELECT '-1'::oid
SELECT repeat('ab', 3), repeat('x', 0), repeat('x', -1), length('äöü'), upper('abc'), lower('ABC'), octet_length('ä'), char_length('abc'), length(''), repeat(NULL, 2)
SELECT repeat('x', 200)
SELECT pg_size_pretty(10::bigint), pg_size_pretty(10239::bigint), pg_size_pretty(10240::bigint), pg_size_pretty(123456789::bigint), pg_size_pretty(1e15::numeric), pg_size_pretty(-5000000::bigint), pg_size_pretty(16777216::bigint), pg_size_pretty(10485247::bigint), pg_size_pretty(10485248::bigint), pg_size_pretty(9223372036854775807)
SELECT round(2.5), round(1.2345, 2), round(-2.5), round(2.5::float8), round(15, -1), abs(-5), abs(-1.5), abs(-2::float8), round(1.5), round(1, 2)
SELECT abs(-32768::int2)
SELECT current_database(), current_user, session_user, user, current_schema, current_schema(), current_catalog, current_role
SELECT current_setting('server_encoding'), current_setting('nope', true)
SELECT current_setting('nope')
SELECT set_config('application_name', 'abc', false), current_setting('application_name')
SELECT pg_is_in_recovery()
SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.length('abc'), 'x'::pg_catalog.text
SELECT foo
SELECT foo.bar
SELECT foo()
SELECT foo(1, 'a', NULL, now(), 1.5)
SELECT pg_wal_lsn_diff(1, 2)
SELECT lower(1)
SELECT length()
SELECT bar.foo(1)
SELECT *
SELECT 1 FROM
SELECT FROM
SELEC 1
SELECT 1 +
SELECT 1 2
SELECT (1
SELECT 1)
SELECT 'abc
SELECT "abc
SELECT "" 
SELECT /* abc
SELECT $a$ab'c$a$, $$x$$
SELECT $a$abc
SELECT E'a\nb\t\x41\101\u00e4\'', E'\\', 'it''s', 'a'\n'b'
SELECT E'\u00'
SELECT 1 -- comment
SELECT /* a /* nested */ b */ 1
SELECT 1.5.5
SELECT 1a
SELECT 0x10
SELECT a b c
SELECT 1 AS select, 2 AS "from"
SELECT 1 from_
SELECT 1 month
SELECT 1 year_, 2 value, 3 name, 4 type
SELECT 'x' 'y'
SELECT -'abc'
SELECT 'a' + 'b'
SELECT 1 + 'a'
SELECT 1 + '2', '3' * 2, 1.5 + '2'
SELECT 1 + true
SELECT true + true
SELECT now() + now()
SELECT NOT 1
SELECT 1 AND true
SELECT true OR 'x'
SELECT 'yes' AND true
SELECT 1 WHERE false
SELECT 1 WHERE 1
SELECT 1 WHERE true
SELECT 1 LIMIT 0
SELECT 1 LIMIT -1
SELECT 1 OFFSET -1
SELECT 1 LIMIT 'x'
SELECT 1 LIMIT ALL OFFSET 0
SELECT 1 LIMIT 1.4
SELECT 1 OFFSET 1
SELECT g FROM generate_series(1, 5) g
SELECT g, g * 2 AS d FROM generate_series(1, 5) AS g WHERE g % 2 = 1 ORDER BY g DESC
SELECT generate_series FROM generate_series(1, 10, 3)
SELECT x FROM generate_series(5, 1, -2) AS t(x) ORDER BY 1
SELECT g FROM generate_series(1, 10) g ORDER BY g DESC LIMIT 3 OFFSET 2
SELECT g FROM generate_series(1, 10) g LIMIT 3 OFFSET 2
SELECT g::text AS t FROM generate_series(9, 11) g ORDER BY t
SELECT nullif(g, 2) AS n FROM generate_series(1, 3) g ORDER BY n
SELECT nullif(g, 2) AS n FROM generate_series(1, 3) g ORDER BY n DESC
SELECT nullif(g, 2) AS n FROM generate_series(1, 3) g ORDER BY n NULLS FIRST
SELECT nullif(g, 2) AS n FROM generate_series(1, 3) g ORDER BY n DESC NULLS LAST
SELECT g FROM generate_series(1, 3) g ORDER BY 2
SELECT g FROM generate_series(1, 3) g ORDER BY 'x'
SELECT g FROM generate_series(1, 3) g ORDER BY nope
SELECT g.* FROM generate_series(1, 3) g
SELECT g.g, g.g + 1 FROM generate_series(1, 2) g
SELECT h.g FROM generate_series(1, 2) g
SELECT g.h FROM generate_series(1, 2) g
SELECT count(*), count(g), min(g), max(g), sum(g) FROM generate_series(1, 10) g
SELECT count(*) FROM generate_series(1, 0) g
SELECT sum(g), max(g) FROM generate_series(1, 0) g
SELECT count(*) + 1 AS n FROM generate_series(1, 10) g WHERE g > 5 ORDER BY 1 LIMIT 5
SELECT g, count(*) FROM generate_series(1, 10) g
SELECT count(*) FROM generate_series(1, 10) g WHERE count(*) > 1
SELECT count(count(*)) FROM generate_series(1, 10) g
SELECT count(*)
SELECT max('a'), min(1.5), sum(1.5), sum(1::float8), sum(1::int8), max(now()) IS NULL
SELECT count(*) FROM pg_replication_slots
SELECT * FROM pg_replication_slots
SELECT * FROM pg_get_replication_slots()
SELECT pg_create_physical_replication_slot('No Good')
SELECT * FROM pg_create_physical_replication_slot(slot_name => '')
SELECT * FROM pg_create_physical_replication_slot(NULL) AS made
SELECT pg_create_physical_replication_slot(NULL, true)
SELECT pg_drop_replication_slot('nobodys')
SELECT pg_drop_replication_slot(5)
SELECT * FROM pg_stat_wal_receiver
SELECT * FROM pg_stat_get_wal_receiver()
SELECT * FROM pg_stat_replication
SELECT * FROM pg_stat_get_wal_senders()
SELECT r.pid, client_addr, state, sent_lsn, sync_state FROM pg_stat_replication AS r WHERE state = 'streaming' ORDER BY application_name
SELECT max(replay_lag), count(*) FROM pg_catalog.pg_stat_replication
SELECT pg_control_version, catalog_version_no FROM pg_control_system()
SELECT (pg_control_system()).catalog_version_no
SELECT (pg_control_system()).nope
SELECT current_database FROM current_database()
SELECT x FROM length('abc') x
SELECT length FROM length('abc')
SELECT generate_series FROM generate_series(1, 0, 0)
BEGIN
COMMIT
ROLLBACK
END
ABORT
BEGIN; SELECT 1; COMMIT
BEGIN; BEGIN; COMMIT; COMMIT
BEGIN; SELECT 1/0; SELECT 2; COMMIT
START TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE
BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE
BEGIN WORK; COMMIT WORK
BEGIN ISOLATION LEVEL nope
COMMIT AND CHAIN
BEGIN; COMMIT AND CHAIN; SELECT 1; ROLLBACK AND NO CHAIN
SET application_name = 'x'
SET application_name TO 'x', 'y'
SET LOCAL application_name TO 'x'
SET SESSION application_name TO x
SET application_name TO DEFAULT
SET nope = 1
SET application_name
SET TIME ZONE 'UTC'
SET client_encoding TO 'UTF8'
SET NAMES 'utf8'
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
SET SESSION AUTHORIZATION DEFAULT
RESET application_name
RESET SESSION AUTHORIZATION
SHOW server_encoding
SHOW datestyle
SHOW TIME ZONE
SHOW TRANSACTION ISOLATION LEVEL
SHOW transaction_isolation
SHOW nope
SHOW
DISCARD ALL
DISCARD PLANS
DISCARD SEQUENCES
DISCARD TEMP
DISCARD NOPE
DEALLOCATE ALL
DEALLOCATE PREPARE ALL
DEALLOCATE nope
UNLISTEN *
CLOSE ALL
BEGIN; DISCARD ALL
SELECT 1; DISCARD ALL
SELECT $1
SELECT pg_advisory_unlock_all()
SELECT pg_promote()
SELECT pg_promote(wait => false)
SELECT pg_promote(nope => false)
SELECT 'ä', 'foo' WHERE ä
SELECT 'ä' = nope
SELECT pg_walfile_name(1)
SELECT 'abc'::text::int
SELECT now() - now() AS zero, clock_timestamp() >= now(), now() = transaction_timestamp(), current_timestamp = now()
SELECT now()::bool
SELECT 1::pg_lsn
SELECT ''::text, ''::int
SELECT 1 = now()
SELECT 'a' = 1
SELECT now() = 'now', now() > '2000-01-01'
SELECT ((((((((((1))))))))))
SELECT 1.0, 1.00, 100.0 * 1.10, 1e10, 1.0e-10, 0.0, -0.0, 12345678901234567890
SELECT 3 % 0
SELECT 1.5::int8 + 1
SELECT NULL::int + 1, NULL || 'a', NULL AND false
SELECT 1 IN ('a')
SELECT 1 BETWEEN 'a' AND 2
SELECT 'x' IS TRUE
SELECT true = 't', 'f' = false, true > false
SELECT date_part('year', now()) > 2000
SELECT 1 AS "a""b"
SELECT length(repeat('x', 1000000))
SELECT 1::int2, 2::int8, 3::oid, '4'::xid, 5.5::float8, 'n'::name, NULL::pg_lsn, '1 day'::interval
SELECT '123456789012345678901234.5678'::numeric, 0.0001::numeric, -12345.678::numeric, 10000::numeric, 100000000::numeric, 1.10::numeric
SELECT a.b.c.d
SELECT a.b.c
SELECT 1 ORDER BY 1
SELECT g FROM generate_series(1,3) g ORDER BY -g
SELECT g FROM generate_series(1,3) AS g ORDER BY g % 2, g DESC
SELECT CASE WHEN true THEN 1 ELSE 1/0 END
SELECT coalesce(1, 1/0)
SELECT false AND 1/0 = 1
SELECT interval '1 day' = '1 day', true AS bool
SELECT public.foo(1)
SELECT 12abc34
SELECT true IS TRUE = true, NOT true IS NULL = false, 2 IN (1,2) = true, 1 BETWEEN 0 AND 2 = true, 1 = 1 IS TRUE = false, 1 IS NULL IS NULL
SELECT 'a' LIKE 'a' LIKE 'b'
SELECT 1 < 2 = true
SELECT pg_current_wal_lsn() > '0/0', pg_current_wal_insert_lsn() >= pg_current_wal_flush_lsn(), pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp()
SELECT pg_promote(true, 0)
SELECT now(), 1 WHERE now() IS NULL
SELECT * FROM pg_stat_activity WHERE pid = -1
SELECT * FROM pg_settings WHERE name = ''
SELECT * FROM pg_control_checkpoint() WHERE timeline_id = 0
SELECT * FROM pg_control_system() WHERE system_identifier = 0
-- Time zones
SET TimeZone = 'Europe/Berlin'; SELECT '2026-07-01 12:00'::timestamptz, '2026-01-01 12:00'::timestamptz, '2026-03-29 02:30'::timestamptz, '2026-10-25 02:30'::timestamptz, '2026-07-01 12:00+00'::timestamptz, '2026-07-01 12:00Z'::timestamptz, '1950-07-01 12:00'::timestamptz, '2500-07-01 12:00'::timestamptz, 'infinity'::timestamptz
SET TimeZone = 'America/St_Johns'; SELECT '2026-07-01 12:00'::timestamptz, '2026-01-01 12:00+00'::timestamptz, '2026-11-01 01:30'::timestamptz, '2026-11-01 00:59:59'::timestamptz, '2026-03-08 02:00'::timestamptz, '2026-03-08 03:00'::timestamptz
SET TimeZone = 'Asia/Kolkata'; SELECT '2026-07-01 12:00'::timestamptz::text, '2026-07-01 12:00+00'::timestamptz || '', concat('2026-07-01 12:00+00'::timestamptz)
SET TimeZone = 'Europe/Berlin'; SELECT '2026-03-28 12:00'::timestamptz + '1 day'::interval, '2026-03-28 12:00'::timestamptz + '24 hours'::interval, '2026-10-24 12:00'::timestamptz + '1 day'::interval, '2026-02-28 02:30'::timestamptz + '1 mon 1 day'::interval, '2026-03-30 02:30'::timestamptz - '1 day'::interval, '1 mon'::interval + '2026-03-29 12:00'::timestamptz
SET TimeZone = 'Europe/Berlin'; SELECT extract(hour from '2026-07-01 12:00+00'::timestamptz), extract(timezone from '2026-07-01 12:00+00'::timestamptz), extract(timezone_hour from '2026-01-01 12:00+00'::timestamptz), date_part('epoch', '2026-07-01 12:00'::timestamptz), extract(day from '2026-07-01 23:00+00'::timestamptz), extract(dow from '2026-07-01 23:00+00'::timestamptz), extract(epoch from '2026-07-01 12:00'::timestamptz)
SET TimeZone = 'America/St_Johns'; SELECT extract(timezone_minute from '2026-01-01 12:00+00'::timestamptz), extract(timezone_hour from '2026-01-01 12:00+00'::timestamptz)
SET TimeZone = 'utc'; SELECT '2026-07-01 12:00'::timestamptz; SET TimeZone = 'GMT-2'; SELECT '2026-07-01 12:00'::timestamptz; RESET TimeZone; SELECT '2026-07-01 12:00'::timestamptz
SET TimeZone = 'Europe/Berlin'; BEGIN; SET LOCAL TimeZone = -7; SHOW TimeZone; SELECT '2026-07-01 12:00'::timestamptz; COMMIT; SELECT '2026-07-01 12:00'::timestamptz; BEGIN; SET TimeZone = 'Asia/Tokyo'; SELECT '2026-07-01 12:00'::timestamptz; ROLLBACK; SELECT '2026-07-01 12:00'::timestamptz
SET TIME ZONE 5.5; SHOW TIME ZONE; SET TIME ZONE LOCAL; SHOW timezone; SET TIME ZONE 'Nope/Nowhere'
SET TimeZone = 'EST5EDT'; SELECT '2026-07-01 12:00'::timestamptz, '4714-01-01 00:00+00 BC' IS NULL, '2026-12-31 23:59:59.999999'::timestamptz
-- Digits
SET extra_float_digits = 0; SELECT 1::float8/3, 0.1::float8 + 0.2::float8, 1e15::float8, 123456789012345678::float8, 1e-5::float8, 100::float8, (2::float8/3)::text, 'NaN'::float8
SET extra_float_digits = -10; SELECT 1::float8/3, 123456.789::float8, 99999.5::float8, 1e-4::float8, 0.5::float8
SET bytea_output = 'escape'; SELECT '\x4100ff5c'::bytea, '\x4100ff5c'::bytea::text, concat('\x41'::bytea)
-- What a transaction is
SHOW transaction_isolation; SHOW TRANSACTION ISOLATION LEVEL; SHOW transaction_read_only; SHOW transaction_deferrable; SHOW default_transaction_isolation; SHOW default_transaction_read_only; SHOW default_transaction_deferrable; SHOW idle_session_timeout
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY DEFERRABLE; SHOW transaction_isolation; SHOW transaction_read_only; SHOW transaction_deferrable; COMMIT; SHOW transaction_isolation; SHOW transaction_read_only; SHOW transaction_deferrable
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; SHOW default_transaction_isolation; SHOW default_transaction_read_only; SHOW default_transaction_deferrable; BEGIN; SHOW transaction_isolation; SHOW transaction_read_only; SHOW transaction_deferrable; COMMIT; RESET ALL
BEGIN; SET default_transaction_read_only = on; SHOW transaction_read_only; COMMIT; BEGIN; SHOW transaction_read_only; ROLLBACK; RESET ALL
BEGIN READ ONLY; SET TRANSACTION READ WRITE; SHOW transaction_read_only; SELECT 1; SET TRANSACTION READ ONLY; SET transaction_read_only = off
BEGIN; SELECT 1; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
BEGIN; SELECT 1; SET TRANSACTION DEFERRABLE
BEGIN; SHOW transaction_isolation; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SHOW transaction_isolation; SELECT current_setting('transaction_isolation'), current_setting('TRANSACTION_READ_ONLY'); RESET transaction_isolation
BEGIN READ ONLY; SELECT pg_logical_emit_message(false, 'a', 'b') IS NOT NULL; SELECT pg_logical_emit_message(true, 'a', 'b') IS NOT NULL; COMMIT
SET default_transaction_isolation = 'nope'
SET transaction_isolation = 'nope'
RESET transaction_isolation; SET transaction_isolation = DEFAULT; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SHOW transaction_isolation
-- Encodings
SET client_encoding = 'nope'
SET client_encoding = 'mule_internal'
SET client_encoding = 'utf-8'; SHOW client_encoding; SET NAMES 'SQL_ASCII'; SHOW client_encoding; SET NAMES DEFAULT; SHOW client_encoding
-- Savepoints
SAVEPOINT a
ROLLBACK TO a
RELEASE a
SAVEPOINT a; SELECT 1
BEGIN; SAVEPOINT a; SELECT 1; RELEASE a; ROLLBACK TO a
BEGIN; ROLLBACK TO SAVEPOINT nope
BEGIN; RELEASE SAVEPOINT nope
BEGIN; SAVEPOINT a; SET application_name = 'x'; SET LOCAL bytea_output = 'escape'; SAVEPOINT b; SET application_name = 'y'; ROLLBACK TO b; SHOW application_name; ROLLBACK WORK TO a; SHOW application_name; SHOW bytea_output; RELEASE b
BEGIN; SAVEPOINT a; SAVEPOINT a; RELEASE a; ROLLBACK TO SAVEPOINT a; ROLLBACK TRANSACTION TO a; COMMIT AND CHAIN; ROLLBACK TO a
BEGIN; SAVEPOINT a; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
BEGIN READ ONLY; SAVEPOINT a; SET TRANSACTION READ WRITE
BEGIN; SAVEPOINT a; SET TRANSACTION READ ONLY; SHOW transaction_read_only; ROLLBACK TO a; SHOW transaction_read_only; COMMIT
BEGIN; SAVEPOINT a; SET TRANSACTION NOT DEFERRABLE
ABORT TO a
SELECT name AS "Column", pg_catalog.format_type(tp, tpm) AS "Type"\nFROM (VALUES ('pid', '23'::pg_catalog.oid, -1),('x', '1184'::pg_catalog.oid, -1)) s(name, tp, tpm)
SELECT * FROM (VALUES (1, 'a'), (2.5, NULL), (NULL, 'c')) AS v
SELECT v.column1 + 1 FROM (VALUES (1), (2)) v ORDER BY 1 DESC
SELECT column2 FROM (VALUES (1, 2), (3)) v
SELECT 1 FROM (VALUES (1))
SELECT * FROM (VALUES (1, now()), (2, 3)) v
SELECT * FROM (VALUES (1)) v(a, b)
SELECT format_type(1009, -1), format_type(NULL, -1), format_type(2950, NULL) IS NULL, format_type(1043, NULL)
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; COMMIT AND CHAIN; SHOW transaction_isolation; SHOW transaction_read_only; ROLLBACK AND CHAIN; SHOW transaction_isolation; ROLLBACK
SELECT 1 FROM (VALUES (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)) v
