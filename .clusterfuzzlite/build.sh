#!/bin/bash -eu
# Builds the fuzz targets as ClusterFuzzLite and OSS-Fuzz want them: programs, seeds and
# dictionaries in $OUT. Both call it with SRC, OUT, SANITIZER and RUSTFLAGS set.
# ci/cflite-build calls it as they do.

cd "$SRC/bindproof"

# Those on the real kernel need a network of their own, which their containers refuse; the canary
# is there to fail.
leave_out="bind_sockets_real history_real resolve_differential tcp_server canary"

# The images say which sanitizer by RUSTFLAGS; cargo-fuzz adds the engine's flags to these.
case $SANITIZER in
    address) flags=() ;;
    coverage) flags=(--sanitizer none) ;;
    *) echo "no sanitizer $SANITIZER: address or coverage" >&2; exit 1 ;;
esac
cargo fuzz build -O --debug-assertions "${flags[@]}"

built=${CARGO_TARGET_DIR:-fuzz/target}/x86_64-unknown-linux-gnu/release
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    [[ " $leave_out " != *" $target "* ]] || continue
    cp "$built/$target" "$OUT/$target"
    seeds=("fuzz/corpus/$target"/*)
    [[ ! -d fuzz/regressions/$target ]] || seeds+=("fuzz/regressions/$target"/*)
    rm -f "$OUT/${target}_seed_corpus.zip"
    zip --quiet --junk-paths "$OUT/${target}_seed_corpus.zip" "${seeds[@]}"
    # As in ci/fuzz.d/build.sh: short decisions, longer texts.
    length=256
    if [[ -f fuzz/dictionaries/$target.dict ]]; then
        cp "fuzz/dictionaries/$target.dict" "$OUT/$target.dict"
        length=2048
    fi
    printf '[libfuzzer]\nmax_len = %s\n' "$length" >"$OUT/$target.options"
done
