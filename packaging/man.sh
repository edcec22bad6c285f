#!/bin/sh
# Writes the man page pgrepl(1) to standard output, from what the program itself says in --help of every verb.
# Usage: man.sh PATH/pgrepl VERSION
set -eu
pgrepl=$1 version=$2

escaped() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/"; }

# Names under "Commands:" of a help text.
verbs() { sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\).*/\1/p'; }

# One section: the help of "pgrepl WORDS".
section()
{
    printf '.SH "PGREPL %s"\n.nf\n' "$(echo "$*" | tr '[:lower:]' '[:upper:]')"
    # shellcheck disable=SC2048,SC2086
    "$pgrepl" $* --help | escaped
    printf '.fi\n'
}

printf '.TH PGREPL 1 "" "pgrepl %s" "pgrepl manual"\n' "$version"
printf '.SH NAME\npgrepl \\- '
"$pgrepl" --help | sed -n '2s/^ *//p' | sed 's/\.$//' | escaped
printf '.SH SYNOPSIS\n.B pgrepl\n.I verb\n[options]\n.SH DESCRIPTION\n.nf\n'
"$pgrepl" --help | sed '1,/^Usage:/d' | sed '1d' | escaped
printf '.fi\n'
for verb in $("$pgrepl" --help | verbs); do
    section "$verb"
    for inner in $("$pgrepl" "$verb" --help | verbs); do
        section "$verb" "$inner"
    done
done
printf '.SH FILES\n/etc/pgrepl/NAME.toml: the node that the service pgrepl@NAME runs.\n'
printf '.SH "SEE ALSO"\nsystemd(1), psql(1), pg_receivewal(1)\n'
