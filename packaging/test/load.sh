# The load: one client at the desk that sends numbered messages to whichever host is the primary, and notes each number that was acknowledged, with its position.

writer=
: > "$run/acknowledged"

start_load()
{
    rm -f "$run/load.stop"
    load > "$run/load.log" 2>&1 &
    writer=$!
}

stop_load()
{
    [ -n "$writer" ] || return 0
    touch "$run/load.stop"
    wait "$writer" || true
    writer=
}

# However it goes: a client that waits for an answer would wait on.
end_load()
{
    touch "$run/load.stop"
    [ ! -s "$run/desk/tree/client" ] || kill "$(cat "$run/desk/tree/client")" 2> /dev/null || true
    stop_load
}

# A lost connection's number may be written or not: each connection starts at a million of its own and none is sent twice.
load()
{
    trap - EXIT HUP INT TERM
    while [ ! -e "$run/load.stop" ]; do
        connection=$(($(cat "$run/connection" 2> /dev/null || echo 0) + 1))
        echo "$connection" > "$run/connection"
        number=$((connection * 1000000))
        while [ ! -e "$run/load.stop" ]; do
            number=$((number + 1))
            echo "SELECT '$number', pg_logical_emit_message(true, 'load', '$number');"
            sleep 0.01
        done | desk sh -c 'echo $$ > /client; exec psql "$@"' psql -X -Atq -v ON_ERROR_STOP=1 "$client" >> "$run/acknowledged" || true
        sleep 0.2
    done
}

# Without these limits a client waits for ever for a host that is gone.
client="host=alpha,beta user=app password=app-password dbname=postgres target_session_attrs=read-write connect_timeout=5
    keepalives_idle=1 keepalives_interval=1 keepalives_count=3 tcp_user_timeout=4000"

count() { wc -l < "$run/acknowledged"; }
acknowledged() { [ "$(count)" -ge "$1" ]; }
goes_on() { before=$(count); sleep 1; [ "$(count)" -gt "$before" ]; }
stands_still() { before=$(count); sleep 2; [ "$(count)" -eq "$before" ]; }

# Where a host's node has its WAL.
wal=/var/lib/pgrepl/main/pg_wal

numbers_on() { messages_in "$1" "$wal"; }

# messages_in HOST FOLDER: the numbers in the segments there, timeline by timeline, as pg_waldump reads them. (A timeline's first segment starts with a copy of the one before.
# pg_waldump ends with an error at the end of WAL, as always.)
messages_in()
{
    find "$run/$1/tree/$2" -maxdepth 1 -type f -printf '%f\n' | grep -Ex '[0-9A-F]{24}' | sort > "$run/segments"
    for timeline in $(cut -c 1-8 "$run/segments" | uniq); do
        first=$(grep "^$timeline" "$run/segments" | head -n 1) last=$(grep "^$timeline" "$run/segments" | tail -n 1)
        chroot "$run/$1/tree" /usr/lib/postgresql/15/bin/pg_waldump -r LogicalMessage -p "$2" "$first" "$last" 2> "$run/waldump.log" || true
    done | sed -n 's/.*prefix "load"; payload ([0-9]* bytes): //p' | sed 's/3\([0-9]\) \{0,1\}/\1/g' | sort -u
}
