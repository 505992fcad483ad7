#!/bin/sh
# Write the wheels of systemd/*.in and of all they need with their hashes, for --require-hashes,
# and check that pip takes them. make lock calls it:  sh systemd/lock.sh UV PYTHON
set -eu
cd "$(dirname "$0")" || exit 1
uv=$1
python=$2
case $uv in /*) ;; *) uv=../$uv ;; esac
case $python in /*) ;; *) python=../$python ;; esac

# lock NAME PYTHON PROCESSOR FILE: with the glibc of Debian 12, the older one.
lock() {
    "$uv" pip compile --quiet --no-annotate --generate-hashes --only-binary :all: --upgrade \
        --custom-compile-command "make lock" --python-version "$2" \
        --python-platform "$3-manylinux_2_36" --output-file "$4" "$1.in"
}

# check NAME PYTHON PROCESSOR: uv ignores the newest Python that a release supports, pip does not.
check() {
    set -- "$1" "$2" "$3" --platform "linux_$3" --platform "manylinux2014_$3"
    for minor in $(seq 17 36); do set -- "$@" --platform "manylinux_2_${minor}_$3"; done
    name=$1 version=$2
    shift 3
    "$python" -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed \
        --target "$folder" --implementation cp --python-version "$version" "$@" \
        --require-hashes --only-binary :all: --requirement "$name.txt"
}

lock pi-bookworm 3.11 aarch64 pi-bookworm.txt
lock pi-trixie 3.13 aarch64 pi-trixie.txt
lock container 3.11 aarch64 container.txt

# The image is built for both architectures from one file.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
other=$folder/container.txt
lock container 3.11 x86_64 "$other"
cmp -s container.txt "$other" || {
    echo "make lock: container.txt for amd64 differs from arm64's; pin what differs in container.in" >&2
    exit 1
}
check pi-bookworm 3.11 aarch64
check pi-trixie 3.13 aarch64
check container 3.11 aarch64
check container 3.11 x86_64
wc -l pi-bookworm.txt pi-trixie.txt container.txt
