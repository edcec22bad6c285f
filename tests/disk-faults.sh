#!/usr/bin/env bash
# Nodes on disks that fail: a power cut under load, a full disk, I/O errors, a read-only file system, damaged segments, no descriptors left. Each scenario
# makes small file systems of its own (ext4 on loop devices), runs nodes on them under a load of four clients that notes every acknowledged number, breaks
# something, and then lets pg_waldump and psql say what is there.
# Usage, as root: disk-faults.sh [-b FOLDER] [-k] [SCENARIO...]
#   -b FOLDER  of the programs, built or published (default: ../bin/Release)
#   -k         keep the files of a scenario that failed
#   SCENARIO   see the list at the end; default: all of them
# Needs loop devices, xfs_io (xfsprogs), strace, prlimit, and PostgreSQL 15 with its clients; what is missing is installed with apt-get.
# Takes eight minutes on a busy machine with two cores. One line a check; exit 1 at the first that fails.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$here/../bin/Release keep=
while getopts b:k option; do
    case $option in
        b) bin=$OPTARG ;;
        k) keep=1 ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ "$(id -u)" = 0 ] || { echo "disk-faults.sh mounts file systems: it needs root" >&2; exit 1; }
[ -x "$bin/pgrepl" ] || { echo "no pgrepl in $bin: dotnet build -c Release, or -b FOLDER" >&2; exit 1; }

declare -A packages=([xfs_io]=xfsprogs [strace]=strace [prlimit]=util-linux [losetup]=mount [mkfs.ext4]=e2fsprogs [psql]=postgresql-client-15)
for tool in "${!packages[@]}"; do
    command -v "$tool" > /dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[$tool]}" > /dev/null; }
done
pg=${PGREPL_PG15_BIN:-/usr/lib/postgresql/15/bin}
[ -x "$pg/pg_waldump" ] || { echo "no pg_waldump in $pg: install postgresql-15" >&2; exit 1; }

checks=0 number=0 scenario= run=$(mktemp -d /tmp/pgrepl-disk.XXXXXX)

ok() { checks=$((checks + 1)); echo "ok $checks - $scenario: $1"; }

failed()
{
    echo "not ok $((checks + 1)) - $scenario: $1"
    for log in "$run"/*.log; do echo "--- $log"; tail -n 25 "$log"; done
    exit 1
}

# check TEXT COMMAND...: tried for a minute.
check()
{
    local text=$1 until=$((SECONDS + 60))
    shift
    until "$@" > "$run/said" 2>&1; do
        [ "$SECONDS" -lt "$until" ] || { cat "$run/said"; failed "$text"; }
        sleep 0.1
    done
    ok "$text"
}

# once TEXT COMMAND...: must succeed at once.
once() { local text=$1; shift; "$@" > "$run/said" 2>&1 || { cat "$run/said"; failed "$text"; }; ok "$text"; }

not() { ! "$@"; }
exits() { local code=$1 got=0; shift; "$@" || got=$?; echo "exit code $got"; [ "$got" = "$code" ]; }

# Disks. disk NAME MEGABYTES: an ext4 of its own at $run/NAME.
disk()
{
    truncate -s "${2}M" "$run/$1.image"
    mkfs.ext4 -q -F -m 0 "$run/$1.image"
    mkdir "$run/$1"
    mount -o loop "$run/$1.image" "$run/$1"
}
# cut NAME: what is not on the disk by now never will be.
cut_power() { xfs_io -x -c shutdown "$run/$1"; }
# What was killed may still be on its way out.
unmount() { local tries=0; until umount "$run/$1" 2> /dev/null; do tries=$((tries + 1)); [ "$tries" -lt 300 ] || { umount "$run/$1"; return 1; }; sleep 0.1; done; }
# The host comes back: nothing of its memory is left.
power_on() { unmount "$1"; mount -o loop "$run/$1.image" "$run/$1"; }

# Nodes. Each has its directory $run/NAME/data, its socket in $run, its log $run/NAME.log.
declare -A ports=([a]=5432 [b]=5433)
conninfo() { echo "host=$run port=${ports[$1]} user=postgres dbname=postgres application_name=${2:-$1} connect_timeout=10"; }
configure() { local name=$1; shift; printf '%s\n' "port = ${ports[$name]}" "listen_addresses = ''" "unix_socket_directories = '$run'" "cluster_name = '$name'" "wal_keep_size = '1GB'" "wal_retrieve_retry_interval = '100ms'" "$@" > "$run/$name/data/pgrepl.toml"; }
# primary NAME [SETTING...]
primary() { local name=$1; shift; "$bin/pgrepl" init -D "$run/$name/data" -A trust --wal-segsize 1 > "$run/said" 2>&1; configure "$name" "$@"; start "$name"; }
# standby NAME OF [SETTING...]
standby() { local name=$1 of=$2; shift 2; "$bin/pgrepl" init -D "$run/$name/data" -A trust --standby --from "$(conninfo "$of" "$name")" > "$run/said" 2>&1; configure "$name" "$@"; start "$name"; }
start() { "$bin/pgrepl" start -D "$run/$1/data" -l "$run/$1.log" > "$run/start.said" 2>&1 || { cat "$run/start.said"; failed "node $1 starts"; }; head -n 1 "$run/$1/data/postmaster.pid" > "$run/$1.pid"; }
refuses() { ! "$bin/pgrepl" start -D "$run/$1/data" -l "$run/$1.log"; }
stop() { "$bin/pgrepl" stop -D "$run/$1/data" -m fast; }
sql() { psql -X -Atq -d "$(conninfo "$1")" -c "$2"; }
log_has() { grep -Eq -- "$2" "$run/$1.log"; }
runs() { [ -s "$run/$1.pid" ] && kill -0 "$(cat "$run/$1.pid")" 2> /dev/null; }
child() { pgrep -P "$(cat "$run/$1.pid")" -f "pgrepl-$2" | head -n 1; }
streams() { [ "$(sql "$1" "SELECT count(*) FROM pg_stat_replication WHERE application_name = '$2' AND state = 'streaming' AND flush_lsn IS NOT NULL")" = 1 ]; }

# kill_node NAME: postmaster and children at once, as when a host goes.
kill_node()
{
    local pid
    [ -s "$run/$1.pid" ] || return 0
    pid=$(cat "$run/$1.pid")
    rm -f "$run/$1.pid"
    grep -qs "pgrepl-postmaster" "/proc/$pid/cmdline" || return 0
    kill -STOP "$pid"
    # shellcheck disable=SC2046
    kill -KILL $(pgrep -P "$pid") "$pid" 2> /dev/null || true
    while [ -e "/proc/$pid" ] && ! grep -qs ') Z ' "/proc/$pid/stat"; do sleep 0.05; done
}

# The load: clients that write numbers nobody sends twice; $run/acknowledged-CLIENT gets a line for each answer. A lost connection is made anew.
# load_on NAME [FILLER]: with so many bytes of other WAL for each number.
load_on()
{
    filler=${2:+", pg_logical_emit_message(true, 'filler', repeat('x', $2))"}
    rm -f "$run/load.stop"
    for client in 1 2 3 4; do
        client "$1" "$client" > "$run/load-$client.log" 2>&1 &
        clients+=($!)
    done
}
client()
{
    trap - EXIT HUP INT TERM
    local connection=0 n
    while [ ! -e "$run/load.stop" ]; do
        connection=$((connection + 1)) n=0
        while [ ! -e "$run/load.stop" ]; do
            n=$((n + 1))
            echo "SELECT '$scenario-$2-$connection-$n', pg_logical_emit_message(true, 'load', '$scenario-$2-$connection-$n')$filler;" || break
            [ $((n % 50)) != 0 ] || sleep 0.02
        done 2> /dev/null | timeout 90 psql -X -Atq -v ON_ERROR_STOP=1 -d "$(conninfo "$1")" >> "$run/acknowledged-$2" || true
        sleep 0.2
    done
}
load_off() { touch "$run/load.stop"; for client in "${clients[@]}"; do wait "$client" || true; done; clients=(); }
count() { cat "$run"/acknowledged-* 2> /dev/null | wc -l; }
acknowledged() { [ "$(count)" -ge "$1" ]; }
more() { local before; before=$(count); for _ in $(seq 100); do sleep 0.1; [ "$(count)" -lt $((before + ${1:-50})) ] || return 0; done; return 1; }
stands_still() { local before; before=$(count); sleep "${1:-2}"; [ "$(count)" -eq "$before" ]; }

# dump NAME: pg_waldump of all segments, timeline by timeline, into $run/NAME.dump. It ends with an error at the end of WAL, as always.
dump()
{
    local wal=$run/$1/data/pg_wal timeline
    find "$wal" -maxdepth 1 -type f -printf '%f\n' | grep -Ex '[0-9A-F]{24}' | sort > "$run/segments"
    : > "$run/$1.dump-end"
    for timeline in $(cut -c 1-8 "$run/segments" | uniq); do
        "$pg/pg_waldump" -p "$wal" "$(grep "^$timeline" "$run/segments" | head -n 1)" "$(grep "^$timeline" "$run/segments" | tail -n 1)" 2>> "$run/$1.dump-end" || true
    done > "$run/$1.dump"
}
# nothing_lost NAME: every acknowledged number is in the WAL on that disk.
nothing_lost()
{
    dump "$1"
    sed -n 's/.*prefix "load"; payload ([0-9]* bytes): //p' "$run/$1.dump" | xxd -r -p | sed 's/'"$scenario"'-/\n&/g' | sort -u > "$run/found"
    cat "$run"/acknowledged-* | sed 's/|.*//' | sort -u > "$run/expected"
    comm -23 "$run/expected" "$run/found" > "$run/lost"
    echo "acknowledged $(wc -l < "$run/expected"), lost $(wc -l < "$run/lost"): $(head -n 5 "$run/lost" | tr '\n' ' ')"
    [ -s "$run/expected" ] && [ ! -s "$run/lost" ]
}
# whole_after_stop NAME: the last record that pg_waldump finds is the shutdown checkpoint that pg_control names.
whole_after_stop()
{
    stop "$1" > "$run/said"
    dump "$1"
    local named
    named=$("$pg/pg_controldata" "$run/$1/data" | sed -n 's/^Latest checkpoint location: *//p')
    tail -n 1 "$run/$1.dump" | grep -F CHECKPOINT_SHUTDOWN | sed 's,\([0-9A-F]*\)/0*\([0-9A-F]\),\1/\2,g' | grep -F "lsn: $named," && return
    echo "pg_control names $named, pg_waldump ends with"; tail -n 1 "$run/$1.dump"; cat "$run/$1.dump-end"
    return 1
}

end_scenario()
{
    release
    for name in a b; do kill_node "$name"; done
    load_off
    for name in a b; do ! mountpoint -q "$run/$name" || unmount "$name"; done
    return 0
}
finish()
{
    end_scenario
    [ -n "$keep" ] || rm -rf --one-file-system "${run:?}"
}
tracers=() clients=()
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# inject NAME CHILD FAULT...: strace makes these calls of that process fail. Until the scenario ends, or "release".
inject()
{
    local name=$1 kind=$2 fault pid arguments=()
    shift 2
    pid=$(child "$name" "$kind")
    for fault in "$@"; do arguments+=(-e "inject=$fault"); done
    strace -f -qq -o /dev/null -e "trace=$(printf '%s\n' "$@" | cut -d : -f 1 | paste -sd ,)" "${arguments[@]}" -p "$pid" 2> "$run/strace.log" &
    tracers+=($!)
    # It may have hit the fault already, and be gone.
    while [ -e "/proc/$pid/status" ] && ! grep -Eqs "TracerPid:[[:space:]]*$!" "/proc/$pid/status"; do sleep 0.05; done
}
release() { local tracer; for tracer in "${tracers[@]}"; do kill "$tracer" 2> /dev/null || true; done; tracers=(); }

power_cut()
{
    disk a 64
    primary a
    load_on a
    check "commits are acknowledged" acknowledged 2000
    cut_power a
    check "no more are, and the node ends" not runs a
    once "it says which write failed" log_has a 'PANIC:  could not .*: Input/output error'
    once "its last word repeats why" log_has a 'FATAL:  database system is shut down: could not .*: Input/output error'
    load_off
    power_on a
    start a
    once "nothing acknowledged is lost" nothing_lost a
    load_on a
    check "commits go on" more 200
    load_off
    once "WAL is whole up to the end" whole_after_stop a
    once "nothing is lost" nothing_lost a
}

power_cut_after_fsync_error()
{
    disk a 64
    primary a
    load_on a
    check "commits are acknowledged" acknowledged 1000
    inject a walwriter fdatasync:error=EIO:when=1
    check "an fdatasync fails: crash" log_has a 'PANIC:  could not fdatasync file'
    cut_power a
    load_off
    kill_node a
    power_on a
    start a
    once "nothing acknowledged is lost" nothing_lost a
    once "WAL is whole up to the end" whole_after_stop a
}

power_cut_of_a_standby()
{
    mkdir "$run/a"
    disk b 64
    primary a "synchronous_standby_names = 'b'"
    standby b a
    check "b streams" streams a b
    load_on a
    check "commits are acknowledged" acknowledged 1000
    cut_power b
    check "then no more are" stands_still 1
    kill_node a
    load_off
    kill_node b
    power_on b
    start b
    once "what it had confirmed is there" nothing_lost b
    once "it can be promoted" "$bin/pgrepl" promote -D "$run/b/data"
    once "WAL is whole up to the end" whole_after_stop b
}

full_disk()
{
    disk a 32
    primary a "checkpoint_timeout = '30s'"
    fallocate -l 15M "$run/a/ballast"
    sql a "SELECT pg_create_physical_replication_slot('s', true)" > "$run/said"
    load_on a 4000
    check "no segment can be made: a warning" log_has a 'WARNING:  could not write to file ".*": No space left on device'
    check "commits fail with what to do" grep -qs "could not extend WAL: No space left on device" "$run"/load-?.log
    once "reads go on" sql a "SELECT pg_current_wal_flush_lsn()"
    local postmaster; postmaster=$(cat "$run/a.pid")
    kill -KILL "$(child a walwriter)"
    check "a crash on a full disk is recovered from" log_has a 'end of WAL'
    check "and reads go on" sql a "SELECT pg_current_wal_flush_lsn()"
    rm "$run/a/ballast"
    check "with room, commits go on" more 200
    once "in the same postmaster" kill -0 "$postmaster"
    load_off
    once "nothing is lost" nothing_lost a
    once "WAL is whole up to the end" whole_after_stop a
}

# A write of walwriter fails.
write_errors()
{
    mkdir "$run/a"
    primary a
    load_on a
    check "commits are acknowledged" acknowledged 500
    inject a walwriter pwrite64:error=EIO:when=1
    check "a write fails: crash" log_has a 'PANIC:  could not write to log file [0-9A-F]* at offset [0-9]*, length [0-9]*: Input/output error'
    release
    check "and commits go on" more 200
    load_off
    once "nothing is lost" nothing_lost a
    once "WAL is whole up to the end" whole_after_stop a
}

# The file system turns read-only under a primary, as ext4 makes it after an error; then it is so at a start.
read_only()
{
    disk a 64
    primary a
    load_on a
    check "commits are acknowledged" acknowledged 500
    mount -o remount,abort "$run/a"
    check "the node ends" not runs a
    once "it says which write failed" log_has a 'PANIC:  could not write to log file .*: Read-only file system'
    once "and what to do" log_has a 'HINT:  The kernel makes a file system read-only after an I/O error on it'
    once "its last word repeats why" log_has a 'FATAL:  database system is shut down: could not .*: Read-only file system'
    load_off
    power_on a
    mount -o remount,ro "$run/a"
    once "it does not start there" refuses a
    once "and names a file" log_has a 'FATAL:  could not open lock file ".*/postmaster.lock": Read-only file system'
    mount -o remount,rw "$run/a"
    start a
    once "nothing acknowledged is lost" nothing_lost a
    once "WAL is whole up to the end" whole_after_stop a
}

# The standby's disk is full, and its primary does not wait for it.
full_disk_of_a_standby()
{
    mkdir "$run/a"
    disk b 32
    primary a
    standby b a
    check "b streams" streams a b
    fallocate -l 20M "$run/b/ballast"
    load_on a 4000
    check "b's disk is full: it says so" log_has b 'FATAL:  could not write to file ".*": No space left on device'
    check "the primary goes on" more 100
    once "b answers" sql b "SELECT pg_last_wal_replay_lsn()"
    once "b runs" runs b
    load_off
    once "what it reports as flushed it has got" reports_the_truth b a
    rm "$run/b/ballast"
    check "with room it catches up" caught_up a b
    once "nothing is lost" nothing_lost b
    once "WAL is whole up to the end" whole_after_stop a
}
caught_up() { [ "$(sql "$1" "SELECT pg_current_wal_flush_lsn()")" = "$(sql "$2" "SELECT pg_last_wal_receive_lsn()")" ]; }
# reports_the_truth STANDBY PRIMARY: what the standby says to have flushed is on its disk, as the primary has it.
reports_the_truth()
{
    local said bytes
    said=$(sql "$1" "SELECT pg_last_wal_receive_lsn()")
    bytes=$(sql "$1" "SELECT pg_wal_lsn_diff('$said', '0/100000')")
    echo "flushed $said, $bytes bytes"
    [ "$bytes" -gt 0 ] && cmp -n "$bytes" <(cat "$run/$1"/data/pg_wal/00000001*) <(cat "$run/$2"/data/pg_wal/00000001*)
}

# The folder's fsync fails when a standby has made a segment: its name is in the kernel's cache alone.
new_segment_not_durable()
{
    mkdir "$run/a" "$run/b"
    primary a
    standby b a
    check "b streams" streams a b
    inject b walreceiver fsync:error=EIO:when=2
    load_on a 4000
    check "it is a crash" log_has b 'PANIC:  could not fsync file ".*/pg_wal": Input/output error'
    release
    check "the next start makes the segment anew" log_has b 'was written anew'
    load_off
    check "b catches up" caught_up a b
    once "nothing is lost" nothing_lost b
}

# flip FILE OFFSET
flip() { local byte; byte=$(od -An -tu1 -j "$2" -N 1 "$1"); printf "\\x$(printf %x $((byte ^ 16)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
current() { sql "$1" "SELECT pg_walfile_name(pg_current_wal_lsn())"; }
# fill NAME: until the segment that was current is finished; its name is in $segment.
fill() { segment=$(current "$1"); load_on "$1" 4000; check "a segment is filled" not_current "$1" "$segment"; load_off; }
not_current() { [ "$(current "$1")" != "$2" ]; }

# A bit of a finished segment flips under sending; then one is truncated.
damage_under_sending()
{
    mkdir "$run/a" "$run/b"
    primary a
    standby b a
    check "b streams" streams a b
    stop b > "$run/said"
    fill a
    flip "$run/a/data/pg_wal/$segment" 900000
    start b
    check "the standby takes no damaged record and names it" log_has b "ERROR:  invalid WAL received from upstream at 0/1[0-9A-F]* on timeline 1: incorrect resource manager data checksum"
    check "the third time it is fatal" log_has b 'FATAL:  upstream has sent invalid WAL at 0/1[0-9A-F]* on timeline 1 3 times in a row'
    once "other connections go on" sql a "SELECT pg_logical_emit_message(true, 'other', '1')"
    once "what the standby has is what the primary had" reports_the_truth b a
    flip "$run/a/data/pg_wal/$segment" 900000
    check "mended, it catches up" caught_up a b
    stop b > "$run/said"
    fill a
    cp "$run/a/data/pg_wal/$segment" "$run/whole"
    truncate -s 500000 "$run/a/data/pg_wal/$segment"
    start b
    check "a truncated segment is named" log_has a "ERROR:  could not read from log segment $segment, offset [0-9]*: "
    once "other connections go on" sql a "SELECT pg_logical_emit_message(true, 'other', '2')"
    cp "$run/whole" "$run/a/data/pg_wal/$segment"
    once "what the standby has is what the primary had" reports_the_truth b a
    check "mended, it catches up" caught_up a b
    once "nothing is lost" nothing_lost b
}

# A standby's own segments, damaged while it was stopped.
damage_under_replay()
{
    mkdir "$run/a" "$run/b"
    primary a
    standby b a
    check "b streams" streams a b
    fill a
    check "b has it" caught_up a b
    kill_node b
    flip "$run/b/data/pg_wal/$segment" 900000
    start b
    check "what was damaged is received again" caught_up a b
    once "and is as the primary has it" reports_the_truth b a
    kill_node b
    flip "$run/b/data/pg_wal/$segment" 900000
    kill_node a
    start b
    once "without its primary it is not promoted to less than it had" not "$bin/pgrepl" promote -D "$run/b/data" -t 20
    once "and says why" log_has b "FATAL:  WAL is damaged at 0/1[0-9A-F]*: a valid record follows at 0/2"
    flip "$run/b/data/pg_wal/$segment" 900000
    cp "$run/b/data/pg_wal/$segment" "$run/whole"
    truncate -s 500000 "$run/b/data/pg_wal/$segment"
    once "with a truncated segment it does not start" refuses b
    once "and says why" log_has b "FATAL:  WAL segment file \".*/$segment\" has the wrong size"
    cp "$run/whole" "$run/b/data/pg_wal/$segment"
    start b
    once "mended, nothing is lost" nothing_lost b
    once "and it is promoted" "$bin/pgrepl" promote -D "$run/b/data"
}

# without_descriptors NAME PID FILE...: that process gets no descriptor for these files of pg_wal.
without_descriptors()
{
    local name=$1 pid=$2 paths=() file
    shift 2
    for file in "$@"; do paths+=(-P "$run/$name/data/pg_wal/$file"); done
    strace -f -qq -o /dev/null -e trace=openat -e inject=openat:error=EMFILE "${paths[@]}" -p "$pid" 2> "$run/strace.log" &
    tracers+=($!)
    while [ -e "/proc/$pid/status" ] && ! grep -Eqs "TracerPid:[[:space:]]*$!" "/proc/$pid/status"; do sleep 0.05; done
}
# next NAME: the segments after the current one.
next() { local i now; now=$((16#$(current "$1" | cut -c 17-24))); for i in $(seq 1 30); do printf '0000000100000000%08X ' $((now + i)); done; }
# limit PID: it gets no more descriptors at all.
limit() { local lowest=0; while [ -e "/proc/$1/fd/$lowest" ]; do lowest=$((lowest + 1)); done; prlimit --pid "$1" --nofile="$lowest:"; }
stream_of() { sql "$1" "SELECT pid FROM pg_stat_replication"; }

# Each kind of child in turn finds no descriptor for the next segment; then none for anything, where the runtime may end before it can say why. (The postmaster: CrowdTests.)
no_descriptors()
{
    local pid
    mkdir "$run/a" "$run/b"
    primary a
    standby b a
    check "b streams" streams a b
    load_on a 4000
    check "commits are acknowledged" more 50
    pid=$(child a walwriter)
    without_descriptors a "$pid" "xlogtemp.$pid"
    check "walwriter: a crash" log_has a 'PANIC:  could not create file ".*/pg_wal/.*": Too many open files'
    check "commits go on" more 50
    check "b streams" streams a b
    pid=$(child b walreceiver)
    without_descriptors b "$pid" "xlogtemp.$pid"
    check "walreceiver: it ends" log_has b 'FATAL:  could not create file ".*/pg_wal/.*": Too many open files'
    check "b streams again" another_streams a
    # shellcheck disable=SC2046
    without_descriptors b "$(child b startup)" $(next a)
    check "startup: a crash, not the node's end" log_has b 'PANIC:  could not open file ".*/pg_wal/.*": Too many open files'
    check "b streams again" streams a b
    pid=$(stream_of a)
    # shellcheck disable=SC2046
    without_descriptors a "$pid" $(next a)
    check "walsender: the stream ends" log_has a '(ERROR|FATAL):  could not open file ".*/pg_wal/.*": Too many open files'
    check "b streams again" another_streams a "$pid"
    release
    pid=$(child b walreceiver)
    limit "$pid"
    check "walreceiver without any: it ends" not kill -0 "$pid"
    check "b streams again" streams a b
    pid=$(child a walwriter)
    limit "$pid"
    check "walwriter without any: it ends" not kill -0 "$pid"
    check "commits go on" more 50
    load_off
    check "b catches up" caught_up a b
    once "nothing is lost" nothing_lost b
    once "WAL is whole up to the end" whole_after_stop a
}
another_streams() { streams "$1" b && [ "$(stream_of "$1")" != "${2:-}" ]; }

scenarios=(power_cut power_cut_after_fsync_error power_cut_of_a_standby full_disk full_disk_of_a_standby write_errors read_only new_segment_not_durable damage_under_sending damage_under_replay no_descriptors)
for scenario in "${@:-${scenarios[@]}}"; do
    mkdir -p "$run"
    "$scenario"
    end_scenario
    rm -rf --one-file-system "${run:?}"/*
done
echo "1..$checks"
