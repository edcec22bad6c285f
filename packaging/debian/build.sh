#!/bin/sh
# Makes the Debian package of a published folder. Usage: build.sh PUBLISHED VERSION DIRECTORY
# Called by the target Package of build/pgrepl.proj; needs dpkg-deb and a .NET runtime (the man page is the program's own help).
set -eu
published=$1 version=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
chmod 0755 "$root"

install -d "$root/DEBIAN" "$root/usr/lib/pgrepl" "$root/usr/bin" "$root/etc/pgrepl" "$root/lib/systemd/system" \
    "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" "$root/usr/share/doc/pgrepl"
cp "$published"/* "$root/usr/lib/pgrepl/"
rm -f "$root"/usr/lib/pgrepl/*.pdb "$root"/usr/lib/pgrepl/*.xml
chmod 0644 "$root"/usr/lib/pgrepl/*
for program in pgrepl pgrepl-postmaster pgrepl-startup pgrepl-walreceiver pgrepl-walsender pgrepl-walwriter; do
    chmod 0755 "$root/usr/lib/pgrepl/$program"
done
ln -s ../lib/pgrepl/pgrepl "$root/usr/bin/pgrepl"
install -m 0644 "$here"/../systemd/*.service "$here"/../systemd/*.timer "$root/lib/systemd/system/"
install -m 0644 "$here/pgrepl.bash-completion" "$root/usr/share/bash-completion/completions/pgrepl"
install -m 0644 "$here/copyright" "$root/usr/share/doc/pgrepl/copyright"
gzip -9nc "$here/../../CHANGELOG.md" > "$root/usr/share/doc/pgrepl/changelog.gz"
"$here/../man.sh" "$published/pgrepl" "$version" > "$root/pgrepl.1"
gzip -9nc "$root/pgrepl.1" > "$root/usr/share/man/man1/pgrepl.1.gz"
rm "$root/pgrepl.1"
for script in postinst prerm postrm; do
    install -m 0755 "$here/$script" "$root/DEBIAN/$script"
done
size=$(du -sk --exclude=DEBIAN "$root" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$size/" "$here/control.in" > "$root/DEBIAN/control"
(cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
mkdir -p "$out"
dpkg-deb --root-owner-group --build "$root" "$out/pgrepl_${version}_amd64.deb"
