#!/bin/sh
# Installs the Debian package on a clean Debian tree, uses it, removes and purges it.
# Usage, as root: install.sh DIRECTORY PACKAGE.deb
#   DIRECTORY  keeps the base tree (debootstrap) from run to run; outside the repository
# Needs debootstrap and a .NET runtime in $DOTNET_ROOT (default /usr/share/dotnet). One line a check; exit 1 at the first that fails.
set -eu
bed=$1 package=$2 dotnet=${DOTNET_ROOT:-/usr/share/dotnet}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

cleanup()
{
    for place in proc dev usr/share/dotnet; do
        umount "$run/install/tree/$place" 2> /dev/null || true
    done
}

inside() { chroot "$tree" "$@"; }
as_pgrepl() { inside runuser -u pgrepl -- "$@"; }

files() { (cd "$tree" && find etc/pgrepl var/lib/pgrepl usr/lib/pgrepl usr/bin/pgrepl lib/systemd/system/pgrepl@.service lib/systemd/system/pgrepl-drill.service lib/systemd/system/pgrepl-drill.timer usr/share/doc/pgrepl usr/share/man/man1/pgrepl.1.gz \
    usr/share/bash-completion/completions/pgrepl 2> /dev/null); }
gone() { [ -z "$(files)" ] || { files; return 1; }; }
no_user() { ! inside getent passwd pgrepl; }

on_exit cleanup
make_base
mount_tree install
mount --bind "$dotnet" "$tree/usr/share/dotnet"
mount --bind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
cp "$package" "$tree/tmp/pgrepl.deb"

once "dpkg -i" inside dpkg -i /tmp/pgrepl.deb
once "the user pgrepl is there" inside getent passwd pgrepl
once "its directory is its own" inside test "$(stat -c '%A' "$tree/var/lib/pgrepl")" = drwx------
once "dpkg --verify" sh -c "test -z \"\$(chroot '$tree' dpkg --verify pgrepl)\""
once "pgrepl init" as_pgrepl pgrepl init -D /var/lib/pgrepl/main -A trust
once "pgrepl drill" as_pgrepl pgrepl drill --sync
once "man pgrepl" sh -c "chroot '$tree' env MANWIDTH=200 MANPAGER=cat man pgrepl | grep -q 'Makes a running standby the primary'"
once "bash completion knows the verbs" inside bash -c '. /usr/share/bash-completion/completions/pgrepl
    COMP_LINE="pgrepl prom" COMP_POINT=11 COMP_WORDS=(pgrepl prom) COMP_CWORD=1; _pgrepl; test "${COMPREPLY[*]}" = promote'
echo 'data_directory = "/var/lib/pgrepl/main"' > "$tree/etc/pgrepl/main.toml"

once "dpkg --remove" inside dpkg --remove pgrepl
once "the programs are gone" inside test ! -e /usr/lib/pgrepl -a ! -e /usr/bin/pgrepl
once "the node and its configuration are not" inside test -e /var/lib/pgrepl/main/PG_VERSION -a -e /etc/pgrepl/main.toml
once "dpkg --purge" inside dpkg --purge pgrepl
once "what the operator made is there still" inside test -e /var/lib/pgrepl/main/PG_VERSION -a -e /etc/pgrepl/main.toml
once "and its owner" inside getent passwd pgrepl

rm -r "$tree/var/lib/pgrepl/main" "$tree/etc/pgrepl/main.toml"
once "dpkg -i again" inside dpkg -i /tmp/pgrepl.deb
once "dpkg --purge of a package nobody used" inside dpkg --purge pgrepl
once "nothing is left" gone
once "nor the user" no_user
