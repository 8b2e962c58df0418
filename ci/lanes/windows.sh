# shellcheck shell=bash
# What a Windows build on Linux needs. Source it after ci/lanes/lib.sh.

# shellcheck disable=SC2034 # for those who source this
windows_target=x86_64-pc-windows-gnu

# Makes cargo ready for the target: a standard library, and mingw's linker and dlltool, which are
# Debian's unless this machine has them. Fails where they cannot be had.
windows_ready() {
    local root tools tool name
    has_std "$windows_target" || return 1
    command -v x86_64-w64-mingw32-gcc >/dev/null && return
    root=$(debian_root bookworm mingw gcc-mingw-w64-x86-64-win32) || return 1
    tools=$(cache mingw-tools)
    for tool in "$root"/usr/bin/x86_64-w64-mingw32-*; do
        name=$(basename "${tool%-win32}")
        # Its own libraries serve the tool alone, not all that cargo starts.
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
            "$root/usr/lib/x86_64-linux-gnu" "$tool" >"$tools/$name"
        chmod +x "$tools/$name"
    done
    export PATH=$tools:$PATH
}
