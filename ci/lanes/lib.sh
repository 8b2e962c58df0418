# shellcheck shell=bash
# What the lanes share. Source it from the project's root, after ci/lib.sh.
#
# A lane is called as `ci/lanes/NAME [FOLDER]` and writes FOLDER/<lane>/outcomes.txt; the folder is
# target/observed unless it is given. `ci/lanes/native matrix/observed` renews the evidence.

# shellcheck source=ci/lanes/debian.sh
source ci/lanes/debian.sh

# The program of this machine: BINDPROOF, or built here.
program() {
    if [[ -n ${BINDPROOF:-} ]]; then
        printf '%s\n' "$BINDPROOF"
        return
    fi
    cargo build --quiet --release --locked >&2
    printf '%s/release/bindproof\n' "$(target_folder)"
}

target_folder() {
    cargo metadata --quiet --format-version 1 --no-deps | python3 -c \
        'import json, sys; print(json.load(sys.stdin)["target_directory"])'
}

# The release of this machine's kernel, without what its builder added.
release() {
    uname -r | grep -oE '^[0-9.]+'
}

# Stores evidence that a program wrote to a file.
# usage: store PROGRAM FOLDER LANE FILE
store() {
    "$1" record --lane "$3" --observed "$2" --from "$4"
}
