# shellcheck shell=bash
# How the fuzz targets are built and called; ci/fuzz and ci/fuzz-corpus source it after ci/lib.sh.

# FUZZ_SANITIZER is address, none, or auto: address where there is a nightly with its runtime.
fuzz_sanitizer() {
    local wanted=${FUZZ_SANITIZER:-auto}
    if [[ $wanted == auto ]]; then
        wanted=none
        local libs
        libs=$(rustc +nightly --print target-libdir 2>/dev/null) &&
            compgen -G "$libs/librustc-*_rt.asan.a" >/dev/null && wanted=address
    fi
    printf '%s\n' "$wanted"
}

fuzz_targets() {
    sed -n '/^\[\[bin\]\]/,/^$/s/^name = "\(.*\)"$/\1/p' fuzz/Cargo.toml
}

# Builds every target once and prints the folder of the programs. The flags are those of cargo-fuzz
# 0.13.2, so that CI needs no more than cargo; -Cdebug-assertions, which it adds, stands in the profile.
fuzz_build() {
    local sanitizer=$1 host toolchain=stable target_dir
    local -a flags=(-Cpasses=sancov-module)
    for feature in level=4 inline-8bit-counters pc-table trace-compares; do
        flags+=("-Cllvm-args=-sanitizer-coverage-$feature")
    done
    flags+=(--cfg fuzzing -Cllvm-args=-simplifycfg-branch-fold-threshold=0)
    if [[ $sanitizer == address ]]; then
        toolchain=nightly
        flags+=(-Zsanitizer=address)
    fi
    host=$(rustc -vV | sed -n 's/^host: //p')
    [[ $host != *-linux-* ]] || flags+=(-Cllvm-args=-sanitizer-coverage-stack-depth)
    flags+=(-Ccodegen-units=1)
    target_dir=$(cache "fuzz-$sanitizer")
    # --target keeps the flags from build scripts.
    RUSTFLAGS=${flags[*]} cargo "+$toolchain" build --quiet --release --bins \
        --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "$target_dir" >&2 || return 1
    printf '%s\n' "$target_dir/$host/release"
}

# Builds every target as a plain program, which replays and prints; prints the folder.
fuzz_plain_build() {
    local target_dir=${CARGO_TARGET_DIR:-$PWD/target}
    cargo build --quiet --bins --manifest-path fuzz/Cargo.toml --target-dir "$target_dir" >&2 || return 1
    printf '%s\n' "$target_dir/debug"
}

# The flags of libFuzzer that a target wants: short decisions, longer texts, its dictionary.
fuzz_flags() {
    local target=$1
    if [[ -f fuzz/dictionaries/$target.dict ]]; then
        printf '%s\n' -max_len=2048 "-dict=fuzz/dictionaries/$target.dict"
    else
        printf '%s\n' -max_len=256
    fi
}
