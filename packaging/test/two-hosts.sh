#!/bin/sh
# Two booted hosts, alpha and beta, with the Debian package; docs/guides/two-hosts.md is typed on them as it stands, under a load that notes every acknowledged message, while the
# network is cut, a host is killed, and both are primaries at once. At each turn pg_waldump counts what is on the disks.
# Usage, as root: two-hosts.sh DIRECTORY PACKAGE.deb
#   DIRECTORY  keeps the trees (debootstrap) from run to run; outside the repository
# Needs debootstrap, systemd-container, iproute2, util-linux, and a .NET runtime in $DOTNET_ROOT (default /usr/share/dotnet). Takes about two minutes on an idle machine.
# One line a check; exit 1 at the first that fails.
set -eu
bed=$1 package=$2 dotnet=${DOTNET_ROOT:-/usr/share/dotnet}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
. "$here/network.sh"
. "$here/load.sh"

cleanup()
{
    end_load
    remove_network
}

as_pgrepl() { name=$1; shift; on "$name" runuser -u pgrepl -- "$@"; }
sql() { as_pgrepl "$1" psql -X -h /run/pgrepl -d postgres -Atqc "$2"; }
streams_to() { sql "$1" "SELECT application_name || ' ' || state FROM pg_stat_replication" | grep -qx "$2 streaming"; }
# exits CODE COMMAND...: with that exit code; what it printed is in $run/said.
exits() { code=$1; shift; set +e; "$@" > "$run/said" 2>&1; got=$?; set -e; cat "$run/said"; echo "exit code $got"; [ "$got" = "$code" ]; }
status() { exits 0 as_pgrepl "$1" pgrepl status -D /var/lib/pgrepl/main --json; }
status_says() { status "$1" > /dev/null && grep -q -- "$2" "$run/said"; }
# judged HOST CODE LINE: pgrepl check exits with CODE and has that line.
judged() { exits "$2" as_pgrepl "$1" pgrepl check -D /var/lib/pgrepl/main && grep -Eq -- "$3" "$run/said"; }

# all_there HOST: every acknowledged number is on the disk of that host, once the node there has everything.
all_there()
{
    sort -u "$run/acknowledged" | cut -d '|' -f 1 | sort > "$run/expected"
    numbers_on "$1" > "$run/found"
    comm -23 "$run/expected" "$run/found" > "$run/lost"
    echo "acknowledged $(wc -l < "$run/expected"), found $(wc -l < "$run/found"), lost $(wc -l < "$run/lost"): $(head -n 5 "$run/lost" | tr '\n' ' ')"
    [ -s "$run/expected" ] && [ ! -s "$run/lost" ]
}

on_exit cleanup
# emit HOST MODE NUMBER: a message written there, with that synchronous_commit.
emit() { desk psql -X -Atqc "SET synchronous_commit = $2" -c "SELECT pg_logical_emit_message(true, 'load', '$3')" "$client hostaddr=$(address "$1") host=$1 target_session_attrs=any"; }
# unanswered HOST NUMBER: it takes the message, and no acknowledgement comes within six seconds.
unanswered() { exits 124 on "$1" timeout 6 runuser -u pgrepl -- psql -X -h /run/pgrepl -d postgres -c "SELECT pg_logical_emit_message(true, 'load', '$2')"; }
# set_aside HOST NUMBER: it lies in a diverged folder of that host, and on neither host's line.
set_aside()
{
    for name in alpha beta; do
        numbers_on "$name" > "$run/found"
        ! grep -qx "$2" "$run/found" || { echo "$2 is on $name"; return 1; }
    done
    for folder in "$run/$1/tree/$wal"/diverged-*; do
        messages_in "$1" "$wal/$(basename "$folder")" > "$run/found"
        ! grep -qx "$2" "$run/found" || return 0
    done
    find "$run/$1/tree/$wal"
    return 1
}
nothing_aside() { ! find "$run/$1/tree/$wal" -path "*/diverged-*" | grep .; }
both_run()
{
    status_is alpha main "primary, timeline 3, accepting connections" && status_is beta main "primary, timeline 4, accepting connections"
    numbers_on alpha > "$run/on-alpha"
    numbers_on beta > "$run/on-beta"
}

make_base
make_tools
make_network
start_host() { boot "$1" --network-namespace-path="$(namespace_path "$1")"; }
mount_tree desk tools
for name in alpha beta; do
    mount_tree "$name" tools
    printf '127.0.0.1 localhost\n%s alpha\n%s beta\n%s desk\n' "$(address alpha)" "$(address beta)" "$(address desk)" > "$tree/etc/hosts"
    install_package "$package"
    start_host "$name"
done
cp "$run/alpha/tree/etc/hosts" "$run/desk/tree/etc/hosts"

walk - two-hosts.md "1. Set up"
for name in alpha beta; do
    echo app-password | as_pgrepl "$name" pgrepl role add app -D /var/lib/pgrepl/main --pwfile - > "$run/check.log"
done
start_load
check "commits are acknowledged" acknowledged 100
check "alpha: pgrepl check is content" judged alpha 0 "^sync OK"
check "beta: pgrepl check is content" judged beta 0 "^upstream OK"

# A cable is pulled: beta hears nothing and nobody hears beta.
unplug beta
check "cut: no commit is acknowledged" stands_still
check "cut: alpha ends its walsender" journal_has alpha main info "terminating walsender process due to replication timeout"
check "cut: beta ends its walreceiver" journal_has beta main info "terminating walreceiver due to timeout"
check "cut: alpha's status has no downstream" status_says alpha '"downstreams":\[\]'
check "cut: beta's status says that it connects" status_says beta '"upstream":{"state":"connecting"'
walk - two-hosts.md "2. The network between them is cut"
once "cut: alpha's check knows that the peer is silent" judged alpha 2 "^peers WARNING"
plug_in beta
check "heal: beta streams again by itself" streams_to alpha beta
check "heal: commits go on" goes_on
check "heal: alpha: pgrepl check is content" judged alpha 0 "^peers OK"
check "heal: beta: pgrepl check is content" judged beta 0 "^upstream OK"
stop_load
check "heal: every acknowledged message is on alpha" all_there alpha
check "heal: every acknowledged message is on beta" all_there beta

start_load
check "before the loss commits are acknowledged" goes_on
kill_host alpha
walk - two-hosts.md "3. The host of the primary is lost"
check "failover: the client is acknowledged by beta" goes_on
check "failover: every acknowledged message is on beta" all_there beta

# The host that was lost comes up where nobody hears it: the worst that the guide allows for.
unplug alpha
start_host alpha
check "return, cut off: alpha starts without an answer" journal_has alpha main warning "no peer answered"
check "return, cut off: it is a primary again" status_is alpha main "primary, timeline 1, accepting connections"
once "return, cut off: it acknowledges nothing" unanswered alpha 101
kill_host alpha
plug_in alpha
start_host alpha
walk - two-hosts.md "4. The lost host comes back"
check "return: commits go on" goes_on
stop_load
check "return: every acknowledged message is on alpha" all_there alpha
check "return: every acknowledged message is on beta" all_there beta
once "return: what alpha wrote alone is put aside" set_aside alpha 101

start_load
check "before the switchover commits are acknowledged" goes_on
walk - two-hosts.md "5. The planned way back"
check "switchover: commits go on" goes_on
stop_load
check "switchover: every acknowledged message is on alpha" all_there alpha
check "switchover: every acknowledged message is on beta" all_there beta
once "switchover: beta had nothing to put aside" nothing_aside beta

# The switch passes nothing between the two; a client reaches both, and somebody promotes beta.
start_load
check "before the network parts commits are acknowledged" goes_on
part
once "two primaries: beta is promoted" as_pgrepl beta pgrepl promote -D /var/lib/pgrepl/main
check "two primaries: beta is on timeline 4" status_is beta main "primary, timeline 4, accepting connections"
once "two primaries: beta acknowledges nothing alone" unanswered beta 102
check "two primaries: nor does alpha" stands_still
on beta sh -c "sed -i 's/^synchronous_standby_names/#&/' /etc/pgrepl/main.toml; systemctl reload pgrepl@main"
check "two primaries: beta, told to, acknowledges" emit beta on 103
echo "103|" >> "$run/acknowledged"
check "two primaries: alpha, told to, acknowledges" emit alpha local 104
join_again
check "the network is back: they reach one another" judged alpha 2 "^peers CRITICAL"
once "the network is back: nothing flows between them" status_says alpha '"downstreams":\[\]'
once "the network is back: both still are primaries" both_run
once "the network is back: each has its own" sh -c "! grep -qx 104 '$run/on-beta' && ! grep -qx 103 '$run/on-alpha' && grep -qx 103 '$run/on-beta' && grep -qx 104 '$run/on-alpha'"
walk - two-hosts.md "6. Two primaries"
once "two primaries: the one that was stopped is not started again by mistake" not on alpha systemctl start pgrepl@main
check "two primaries: its journal says why" journal_has alpha main crit "timeline 4 forked from this server's timeline 3"
on alpha systemctl stop pgrepl@main
on alpha systemctl reset-failed pgrepl@main 2> /dev/null || true
walk - two-hosts.md "7. One primary again"
check "one primary: commits go on" goes_on
stop_load
check "one primary: every acknowledged message is on alpha" all_there alpha
check "one primary: every acknowledged message is on beta" all_there beta
once "one primary: what alpha wrote alone is put aside" set_aside alpha 104

echo "7|" >> "$run/acknowledged"
once "and a message that nobody wrote would be missed" not all_there alpha
