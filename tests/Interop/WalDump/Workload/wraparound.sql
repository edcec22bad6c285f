-- CLOG, CommitTs, MultiXact. The cluster began shortly before the ends of their first segments; here they are passed, and everything before is frozen.
DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$; -- ZEROPAGE
UPDATE pg_database SET datallowconn = true;
VACUUM (FREEZE);
\connect template1
VACUUM (FREEZE);
\connect template0
VACUUM (FREEZE);                                                                 -- TRUNCATE, TRUNCATE_ID
