#!/usr/bin/env bash
# Runs the fuzz targets, one after the other. See README.md.
#
#     Tests/Fuzz/fuzz.sh                  every target for FUZZ_SECONDS (60)
#     Tests/Fuzz/fuzz.sh xml 600          one target, seconds
#     Tests/Fuzz/fuzz.sh seeds            makes the corpus anew from generated inputs and what it holds
#     Tests/Fuzz/fuzz.sh merge            takes what runs have found into the corpus, as little of it as covers as much
#
# Exit code 1 when a target found something: the input is then in Crashers/<target>. What a run finds new stays in
# .build-found/<target>, which git ignores, and is begun with the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Swift's own backtrace can hang within a fuzzer, which prints its own.
export SWIFT_BACKTRACE=enable=no
# Short stacks of allocations and a small quarantine: twice the speed.
export ASAN_OPTIONS="malloc_context_size=4:quarantine_size_mb=32:${ASAN_OPTIONS:-}"

targets=(wire cms xml csv programme)
scratch=.build
found=.build-found
program="$scratch/release/fuzz"

build() {
    # For C, which is Yams' parser, and for Swift, which heeds its last -sanitize only.
    # lld: gold cannot link what -sanitize=fuzzer brings along.
    swift build --configuration release --scratch-path "$scratch" --jobs "${FUZZ_JOBS:-2}" --sanitize address \
        -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link -Xswiftc -use-ld=lld
}

# The largest input in bytes. Beyond these, inputs get slow rather than telling.
limit() {
    case "$1" in
        wire) echo 2048 ;;
        cms | csv | xml) echo 4096 ;;
        programme) echo 8192 ;;
    esac
}

run() {
    local target="$1" seconds="$2" log dictionary=() status=0
    mkdir -p "$found/$target" "Corpus/$target" "Crashers/$target"
    log="$found/$target.log"
    [ -f "Dictionaries/$target.dict" ] && dictionary=("-dict=Dictionaries/$target.dict")
    printf '\n== %s: %s s\n' "$target" "$seconds"
    "$program-$target" "$found/$target" "Corpus/$target" "Crashers/$target" "${dictionary[@]}" \
        -max_total_time="$seconds" -max_len="$(limit "$target")" -timeout=20 -rss_limit_mb=3000 \
        -artifact_prefix="Crashers/$target/" -print_final_stats=1 >"$log" 2>&1 || status=$?
    grep -aE 'DONE|broken promise|ERROR|SUMMARY|Test unit|stat::number|stat::average|stat::peak' "$log" | cut -c1-400
    [ "$status" -eq 0 ] || echo "$target: exit code $status; the whole log is Tests/Fuzz/$log"
    return "$status"
}

# Keeps the smallest inputs that reach every place. How often they reach it does not count, or there would be too many.
merge() {
    local target="$1" new="$found/$1.new"
    shift
    rm -rf "$new" && mkdir -p "$new" "Corpus/$target"
    "$program-$target" -merge=1 -use_counters=0 -max_len="$(limit "$target")" "$new" "$@" \
        >"$found/$target.merge.log" 2>&1
    rm -rf "Corpus/$target" && mv "$new" "Corpus/$target"
    printf '%s: %s inputs, %s KiB\n' "$target" "$(find "Corpus/$target" -type f | wc -l)" \
        "$(du -sk --apparent-size "Corpus/$target" | cut -f1)"
}

build
mkdir -p "$found"
case "${1:-all}" in
    all)
        failed=0
        for target in "${targets[@]}"; do run "$target" "${FUZZ_SECONDS:-60}" || failed=1; done
        exit "$failed"
        ;;
    seeds)
        "$program-seeds" "$found/seeds"
        for target in "${targets[@]}"; do
            mkdir -p "Corpus/$target"
            merge "$target" "$found/seeds/$target" "Corpus/$target"
        done
        rm -rf "$found/seeds"
        ;;
    merge)
        for target in "${targets[@]}"; do
            mkdir -p "$found/$target"
            merge "$target" "Corpus/$target" "$found/$target"
        done
        ;;
    wire | cms | xml | csv | programme) run "$1" "${2:-${FUZZ_SECONDS:-60}}" ;;
    *)
        echo "usage: fuzz.sh [all | seeds | merge | ${targets[*]}] [seconds]" >&2
        exit 2
        ;;
esac
