#!/bin/bash
# The texts the program makes of its tables: manual pages without a warning, a completion script
# that completes. Skipped (77) where there is no man.
set -uo pipefail
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

fail()
{
    echo "texts: $*" >&2
    bad=1
}

lint()   # NAME: the page of that name is roff that man(1) has nothing to say about
{
    "$ZARISH" help --man "$1" >"$work/page.1" || fail "no page of $1"
    LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -l "$work/page.1" >"$work/out" 2>"$work/err" ||
        fail "man cannot read the page of $1"
    [ ! -s "$work/err" ] || fail "page of $1: $(head -n 3 "$work/err")"
    grep -q NAME "$work/out" || fail "page of $1 is empty"
}

completes()   # WORD… WANT: the last word of a line is completed to WANT (among others)
{
    local want=${*: -1}
    COMP_WORDS=("${@:1:$#-1}")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _zarish
    [[ " ${COMPREPLY[*]} " == *" $want "* ]] || fail "'${COMP_WORDS[*]}' gives '${COMPREPLY[*]}'"
}

"$ZARISH" completion bash >"$work/zarish.bash" || fail "no completion script"
# shellcheck source=/dev/null
source "$work/zarish.bash" || fail "bash cannot read the completion script"
completes zarish exp explain
completes zarish explain -- --output
completes zarish explain -o j json
completes zarish explain --output "" text
completes zarish help expl explain

command -v man >/dev/null || { [ $bad -eq 0 ] && exit 77 || exit 1; }
lint zarish
sed -n 's/^\.SS zarish //p' "$work/page.1" | sed 's/\\-/-/g' >"$work/names"
[ -s "$work/names" ] || fail "zarish(1) names no command"
while read -r name; do
    lint "$name"
done <"$work/names"
exit $bad
