#!/bin/sh
# Write the wheels of systemd/*.in and of all they need with their hashes, for --require-hashes.
# make lock calls it:  sh systemd/lock.sh UV
set -eu
cd "$(dirname "$0")" || exit 1
uv=$1
case $uv in /*) ;; *) uv=../$uv ;; esac

# lock NAME PYTHON PROCESSOR FILE: with the glibc of Debian 12, the older one.
lock() {
    "$uv" pip compile --quiet --no-annotate --generate-hashes --only-binary :all: --upgrade \
        --custom-compile-command "make lock" --python-version "$2" \
        --python-platform "$3-manylinux_2_36" --output-file "$4" "$1.in"
}

lock pi-bookworm 3.11 aarch64 pi-bookworm.txt
lock pi-trixie 3.13 aarch64 pi-trixie.txt
lock container 3.11 aarch64 container.txt

# The image is built for both architectures from one file.
other=$(mktemp)
trap 'rm -f "$other"' EXIT
lock container 3.11 x86_64 "$other"
cmp -s container.txt "$other" || {
    echo "make lock: container.txt for amd64 differs from arm64's; pin what differs in container.in" >&2
    exit 1
}
wc -l pi-bookworm.txt pi-trixie.txt container.txt
