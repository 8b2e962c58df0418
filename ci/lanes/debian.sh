# shellcheck shell=bash
# Debian packages of any suite, unpacked into the cache; nothing is installed. Source it after lib.sh.

# The machine's own mirror, for another of its suites: apt's lists of Debian's own repository.
debian_mirror() {
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed -n 's/^Debian|Debian|//p' | head -n 1
}

# apt-get with the lists of one suite and no knowledge of what this machine has installed.
# usage: debian_apt SUITE ARGUMENT…
debian_apt() {
    local suite=$1 home
    shift
    home=$(cache "apt/$suite")
    apt-get --quiet=2 --no-install-recommends \
        -o Dir::State="$home/state" -o Dir::State::status="$home/status" -o Dir::Cache="$home/cache" \
        -o Dir::Etc::sourcelist="$home/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o APT::Sandbox::User=root -o APT::Update::Post-Invoke-Success::=true \
        -o Acquire::Retries=3 "$@"
}

# What a package depends on, a name a line.
# usage: debian_depends SUITE PACKAGE
debian_depends() {
    debian_cache "$1" depends "$2" | sed -n 's/^ *Depends: //p'
}

# Does a suite have this package?
debian_has() {
    debian_cache "$1" show "$2" >/dev/null 2>&1
}

debian_cache() {
    local home
    home=$(cache "apt/$1")
    shift
    apt-cache -o Dir::State="$home/state" -o Dir::State::status="$home/status" \
        -o Dir::Cache="$home/cache" -o Dir::Etc::sourcelist="$home/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null "$@"
}

# Makes ready for debian_apt; the lists are as old as the cache. Fails where there is no mirror.
# usage: debian_suite SUITE
debian_suite() {
    local suite=$1 home mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg signed=
    home=$(cache "apt/$suite")
    [[ -e $home/ready ]] && return
    command -v apt-get >/dev/null || return 1
    mirror=$(debian_mirror)
    if [[ -z $mirror ]]; then
        # A machine whose lists were never fetched knows its mirror all the same after an update.
        apt-get --quiet=2 update >&2 || return 1
        mirror=$(debian_mirror)
    fi
    [[ -n $mirror ]] || return 1
    [[ -e $keys ]] && signed="[signed-by=$keys] "
    mkdir -p "$home"/state/lists/partial "$home"/cache/archives/partial
    printf 'deb %s%s %s main\n' "$signed" "$mirror" "$suite" >"$home/sources.list"
    : >"$home/status"
    debian_apt "$suite" update >&2 || return 1
    : >"$home/ready"
}

# Unpacks packages, with everything they depend on, as a root of their own, and prints its folder.
# usage: debian_root SUITE NAME PACKAGE…
debian_root() {
    local suite=$1 name=$2 root
    shift 2
    root=$(cache "roots")/$name
    unpacked "$suite" "$root" "$@" || {
        say "unpacking $* of $suite"
        debian_suite "$suite" || return 1
        rm -f "$(cache "apt/$suite")"/cache/archives/*.deb
        debian_apt "$suite" --yes --download-only install "$@" >&2 || return 1
        debian_unpack "$suite" "$root" "$@"
    } || return 1
    printf '%s\n' "$root"
}

# Unpacks packages alone, without what they depend on, and prints the folder.
# usage: debian_files SUITE NAME PACKAGE…
debian_files() {
    local suite=$1 name=$2 root
    shift 2
    root=$(cache "roots")/$name
    unpacked "$suite" "$root" "$@" || {
        say "unpacking $* of $suite"
        debian_suite "$suite" || return 1
        rm -f "$(cache "apt/$suite")"/cache/archives/*.deb
        (cd "$(cache "apt/$suite")/cache/archives" && debian_apt "$suite" download "$@") >&2 || return 1
        debian_unpack "$suite" "$root" "$@"
    } || return 1
    printf '%s\n' "$root"
}

# Is the root there, of just these packages?
unpacked() {
    local suite=$1 root=$2
    shift 2
    [[ -e $root.made && $(<"$root.made") == "$suite $*" ]]
}

# Unpacks every downloaded archive of a suite into a fresh root, which takes its place at the end.
debian_unpack() {
    local suite=$1 root=$2 archive archives
    shift 2
    archives=$(cache "apt/$suite")/cache/archives
    rm -rf "$root" "$root.made" "$root.new"
    mkdir -p "$root.new"
    # base-files makes the links of / into /usr that every other package counts on.
    for archive in "$archives"/base-files_*.deb "$archives"/*.deb; do
        [[ -e $archive ]] || continue
        dpkg-deb --extract "$archive" "$root.new" || return 1
    done
    mv "$root.new" "$root"
    printf '%s\n' "$suite $*" >"$root.made"
    rm -f "$archives"/*.deb
}
