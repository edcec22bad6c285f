#!/bin/sh
# Runs the Debian package under a booted systemd, in a container: start, reload, promote, crash, watchdog, journal, stop; the monthly drill, as docs/guides/monthly-drill.md says.
# Usage, as root: systemd-host.sh DIRECTORY PACKAGE.deb
#   DIRECTORY  keeps the base tree (debootstrap) from run to run; outside the repository
# Needs debootstrap, systemd-container, util-linux, and a .NET runtime in $DOTNET_ROOT (default /usr/share/dotnet).
# One line a check; exit 1 at the first that fails.
set -eu
bed=$1 package=$2 dotnet=${DOTNET_ROOT:-/usr/share/dotnet}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

inside() { on host "$@"; }
as_pgrepl() { inside runuser -u pgrepl -- "$@"; }
no_failed() { inside systemctl --failed --plain --no-legend > "$run/failed" && ! grep . "$run/failed"; }
restarted() { is host "$1" NRestarts "$2" && is host "$1" ActiveState active; }

node()
{
    inside sh -c "printf '%s\n' 'data_directory = \"/var/lib/pgrepl/$1\"' 'port = $2' 'unix_socket_directories = \"/run/pgrepl\"' 'listen_addresses = \"\"' > /etc/pgrepl/$1.toml"
    inside mkdir -p "/etc/systemd/system/pgrepl@$1.service.d"
    inside sh -c "printf '[Service]\nWatchdogSec=2\n' > /etc/systemd/system/pgrepl@$1.service.d/watchdog.conf; systemctl daemon-reload"
}

on_exit true
# drop_in UNIT NAME TEXT
drop_in()
{
    mkdir -p "$tree/etc/systemd/system/$1.d"
    printf "$3" > "$tree/etc/systemd/system/$1.d/$2.conf"
    inside systemctl daemon-reload
}

make_base
make_tools
mount_tree host tools
install_package "$package"
boot host --private-network
once "no unit has failed" no_failed

node main 5432
as_pgrepl pgrepl init -D /var/lib/pgrepl/main -A trust > "$run/check.log" 2>&1 || { cat "$run/check.log"; failed "init"; }
inside systemctl start pgrepl@main || { inside journalctl -q -u pgrepl@main; failed "the primary starts"; }
check "start: a primary, said in systemctl status" status_is host main "primary, timeline 1, accepting connections"
check "its socket is in /run/pgrepl" inside test -S /run/pgrepl/.s.PGSQL.5432

node second 5433
as_pgrepl pgrepl init -D /var/lib/pgrepl/second -A trust --standby --from "host=/run/pgrepl port=5432 user=pgrepl application_name=second" > "$run/check.log" 2>&1 \
    || { cat "$run/check.log"; failed "init --standby"; }
inside systemctl start pgrepl@second || { inside journalctl -q -u pgrepl@second; failed "the standby starts"; }
check "start: a standby that streams" status_is host second "standby, timeline 1, streaming"

inside systemctl reload pgrepl@main
check "reload: said in the journal" journal_has host main info "received SIGHUP, reloading configuration files"
check "reload: active again" is host main ActiveState active

as_pgrepl pgrepl promote -D /var/lib/pgrepl/second > "$run/check.log" 2>&1 || { cat "$run/check.log"; failed "promote"; }
check "promote: the status line follows" status_is host second "primary, timeline 2, accepting connections"

inside kill -KILL "$(show host main MainPID)"
check "crash: a killed postmaster is started again" restarted main 1
check "crash: it serves again" status_is host main "primary, timeline 1, accepting connections"

inside kill -STOP "$(show host main MainPID)"
check "watchdog: a postmaster that hangs is killed and started again" restarted main 2
check "watchdog: said in the journal" journal_has host main warning "Watchdog timeout"
check "watchdog: it serves again" status_is host main "primary, timeline 1, accepting connections"

inside sh -c "printf 'data_directory = \"/var/lib/pgrepl/none\"\n' > /etc/pgrepl/broken.toml"
inside systemctl start pgrepl@broken 2> /dev/null && failed "a node without a directory does not start"
check "journal: FATAL has priority crit" journal_has host broken crit 'FATAL:  data directory "/var/lib/pgrepl/none" does not exist'
inside systemctl stop pgrepl@broken
check "journal: LOG has priority info" journal_has host main info "LOG:  database system is ready to accept connections"
check "journal: LOG is not a notice" not journal_has host main notice "LOG:  database system is ready to accept connections"

drills() { [ "$(inside journalctl -q -o cat -u pgrepl-drill | grep -c "$1")" -ge "$2" ]; }
ended() { [ "$(inside systemctl show -P ActiveState pgrepl-drill)" = inactive ]; }
nothing_left() { inside find /mnt /var/lib/pgrepl/.drill -mindepth 1 > "$run/left" && ! grep . "$run/left"; }
told() { inside journalctl -q -o cat -p crit -t root > "$run/journal" && grep -q "pgrepl drill failed on host: " "$run/journal"; }
in_order() { status_is host main "primary, timeline 1, accepting connections" && is host main NRestarts 2; }
walk host monthly-drill.md "1. Switch it on"
walk host monthly-drill.md "2. Tell somebody"
walk host monthly-drill.md "3. Try it once, now"
once "drill: the nodes in production did not notice" in_order
drop_in pgrepl-drill.timer soon '[Timer]\nOnActiveSec=1\nRandomizedDelaySec=0\nAccuracySec=1s\n'
inside systemctl restart pgrepl-drill.timer
check "drill: the timer starts it" drills "^verdict    ok" 2
check "drill: it ends" ended
inside mount -t tmpfs -o size=20M,mode=0777 full /mnt
drop_in pgrepl-drill.service full '[Service]\nBindPaths=/mnt:/var/lib/pgrepl/.drill\n'
once "drill: on a full disk the unit fails" not inside systemctl start pgrepl-drill
once "drill: its journal says why" drills "No space left on device" 1
once "drill: systemctl --failed tells it" not no_failed
check "drill: and OnFailure= somebody" told
once "drill: nothing is left" nothing_left
once "drill: the nodes in production did not notice that either" in_order

inside systemctl stop pgrepl@main pgrepl@second pgrepl-drill.timer
for name in main second; do
    check "stop: $name ended well" is host "$name" Result success
    check "stop: $name shut down in order" journal_has host "$name" info "database system is shut down"
    check "stop: $name left no pid file" inside test ! -e "/var/lib/pgrepl/$name/postmaster.pid"
done
check "stop: no process is left" not inside pgrep pgrepl
inside systemctl poweroff
host_gone host
