#!/usr/bin/env bash
# Lets libFuzzer look for steps that fail, and shrinks what it finds.
#   storm_fuzz.sh FUZZER STORM SECONDS [FOLDER]
# The seed corpus is written anew; what fails is left in FOLDER (here). Exit status 1: found one.
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
fuzzer=$1 storm=$2 seconds=$3 folder=${4:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/corpus"
"$storm" --corpus "$work/corpus"
status=0
"$fuzzer" -max_total_time="$seconds" -max_len=8192 -len_control=0 -timeout=60 -rss_limit_mb=4096 \
    -seed=1 -print_final_stats=1 -exact_artifact_path="$folder/fuzz-found" "$work/corpus" \
    >"$work/log" 2>&1 || status=$?
if [ $status -ne 0 ]; then
    tail -n 40 "$work/log"
    "$storm" --out "$folder" --shrink "$folder/fuzz-found"
    exit 1
fi
grep -E 'DONE|stat::number_of_executed_units|stat::new_units_added' "$work/log"
grep -q DONE "$work/log"
