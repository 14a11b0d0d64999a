# Sourced by the scripts: `need PACKAGE…` installs the Debian packages that are missing, or says what is missing.
need() {
    missing=
    for package in "$@"; do
        if command -v dpkg-query > /dev/null; then
            case $(dpkg-query -W -f '${Status}' "$package" 2> /dev/null) in
                *' installed') ;;
                *) missing="$missing $package" ;;
            esac
        fi
    done
    if ! command -v apt-get > /dev/null; then
        for tool in g++ clang++-16 meson ninja python3; do
            command -v "$tool" > /dev/null || missing="$missing $tool"
        done
        [ -z "$missing" ] || { echo "missing:$missing; install them and run this again" >&2; exit 1; }
    fi
    [ -n "$missing" ] || return 0
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -q
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qy --no-install-recommends $missing
}
