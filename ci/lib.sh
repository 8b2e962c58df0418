# shellcheck shell=bash
# What the scripts of ci/ share. Source it from the project's root.

# Downloads and builds go here, never into the tree.
cache() {
    local folder=${BINDPROOF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bindproof}/$1
    mkdir -p "$folder"
    printf '%s\n' "$folder"
}

say() {
    printf '== %s\n' "$*" >&2
}

# A lane that cannot run here: a failure where it is required, else a loud skip.
# BINDPROOF_REQUIRED lists the lanes that must not skip, separated by blanks.
cannot_run() {
    local lane=$1
    shift
    if [[ " ${BINDPROOF_REQUIRED:-} " == *" $lane "* ]]; then
        say "FAILED $lane: required here, but $*"
        exit 1
    fi
    say "SKIPPED $lane: $*"
    exit 0
}

# Is there a standard library for a target? rustup adds it where it can.
has_std() {
    [[ -d $(rustc --print target-libdir --target "$1") ]] ||
        { command -v rustup >/dev/null && rustup --quiet target add "$1" >&2; }
}

# Lets cargo build into the cache. In CI, where nothing is built between two runs, files that are as the
# last run found them have the times that they had then, because cargo goes by times.
keep_builds() {
    local folder
    folder=$(cache target)
    # In gigabytes: with each version of a dependency and of the compiler it grows.
    if (($(du -s --block-size=G "$folder" | sed 's/G.*//') > 20)); then
        rm -rf "$folder"
        folder=$(cache target)
    fi
    export CARGO_TARGET_DIR=$folder
    [[ -z ${CI:-} ]] || python3 ci/keep_times.py "$folder/times-$(tr / _ <<<"$PWD").json" "$PWD"
}
