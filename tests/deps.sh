#!/usr/bin/env bash
# deps.sh [SET...] - installs the Debian packages that building and testing need, when they are missing. As root, or through
# sudo. Sets add to them: `ci`, and `peers` (servers that `make peers` runs).
set -eu
need=(build-essential pkg-config libsqlite3-dev libpq-dev libssl-dev libsodium-dev libjansson-dev libyaml-dev zlib1g-dev
      libcmocka-dev sqlite3 python3 jq tzdata ca-certificates mandoc)
for set in "$@"; do
    case $set in
    ci) need+=(universal-ctags valgrind clang libclang-rt-14-dev) ;;
    fuzz) need+=(clang libclang-rt-14-dev) ;;
    peers) need+=(postgresql-15) ;;
    *) echo "deps.sh: no set $set" >&2; exit 2 ;;
    esac
done
missing=()
for p in "${need[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "These Debian packages are missing: ${missing[*]}" >&2
        echo "Install them as root: apt-get install -y ${missing[*]}" >&2; exit 1; }
    sudo=sudo
fi
echo "Installing missing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
