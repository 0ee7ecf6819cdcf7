#!/usr/bin/env bash
# A fault planted in the core is found, the list of steps is cut short, and the command that the
# storm prints fails again; the core as it is does not fail on that list.
#   storm_planted.sh STORM_WITH_FAULT STORM MOST_STEPS
set -euo pipefail
planted=$1 storm=$2 most=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    cat "$work"/log*
    echo "planted: $1" >&2
    exit 1
}

status=0
"$planted" --seeds 100 --steps 10000 --out "$work" >"$work/log" 2>&1 || status=$?
[ $status -eq 1 ] || fail "exit status $status, not 1: the fault is not found"
command=$(sed -n 's/^  //p' "$work/log")
what=$(sed -n 's/^storm: FAILED: \([A-Z0-9-]*\):.*/\1/p' "$work/log")
list=${command##* }
steps=$(($(grep -vc '^#' "$list") - 1))
[ $steps -le "$most" ] || fail "$steps steps are left, more than $most"

status=0
$command >"$work/log-again" 2>&1 || status=$?
[ $status -eq 1 ] || fail "exit status $status, not 1: the list does not fail again"
grep -q "FAILED: $what:" "$work/log-again" || fail "it fails in another way than by $what"
"$storm" --replay "$list" >"$work/log-whole" 2>&1 || fail "the core as it is fails, too"
cat "$work/log" "$work/log-again"
