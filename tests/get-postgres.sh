#!/usr/bin/env bash
# PostgreSQL 10 to 18 for the tests, from npm: Postgres/package.json names them, Postgres/package-lock.json has their hashes.
# They go to tests/Postgres/node_modules (git ignores it), or to node_modules in the folder that PGREPL_TEST_SERVERS names; user postgres must be able
# to read it. When they are there already this takes no network and no second. Needs npm and node.
set -euo pipefail

list=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/Postgres
to=${PGREPL_TEST_SERVERS:-$list}
umask 022
mkdir -p "$to"
exec 9<"$list/package.json" # two at a time would be in each other's way
flock 9

# Every server says its version: that finds a missing library too. The package's version is the server's, with ".0-beta.N" or the like behind it.
all_there() {
    local alias version said count=0
    cmp -s "$list/package-lock.json" "$to/node_modules/.installed" || return 1
    while read -r alias version; do
        said=$("$to/node_modules/$alias/native/bin/postgres" --version) || return 1
        if [[ "$said" != "postgres (PostgreSQL) $version" ]]; then
            echo "$alias: expected PostgreSQL $version, got \"$said\"" >&2
            return 1
        fi
        count=$((count + 1))
    done < <(sed -nE 's/^ *"(pg1[0-8])": "npm:[^"]*@([0-9]+\.[0-9]+)\.[^"]*",?$/\1 \2/p' "$list/package.json")
    ((count == 9))
}

if all_there 2>/dev/null; then
    exit 0
fi
if [[ ! "$to" -ef "$list" ]]; then
    cp "$list/package.json" "$list/package-lock.json" "$list/.npmrc" "$to/"
fi
rm -f "$to/node_modules/.installed"
(cd "$to" && npm ci --no-progress)
# Shared libraries' short names, which a package cannot carry.
for package in "$to"/node_modules/pg1?; do
    (cd "$package" && node scripts/hydrate-symlinks.js)
done
chmod -R a+rX "$to/node_modules"
cp "$list/package-lock.json" "$to/node_modules/.installed"
if ! all_there; then
    rm -f "$to/node_modules/.installed"
    exit 1
fi
echo "PostgreSQL 10 to 18 are in $to/node_modules"
