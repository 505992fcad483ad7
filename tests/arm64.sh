#!/bin/sh
# Prove the device half on arm64 without a board: Debian trees under qemu-user, installed with the
# Pi's own steps, their answers compared with this machine's. As root, on x86-64; make test-arm64.
#
#   ARM64_DIR   where trees, this machine's venv and results are kept; reused by the next run
#   RELEASES    bookworm (both runtimes, tests, runs) and trixie (installation, answers)
#   CPUS        cortex-a72 is a Pi 4's, cortex-a76 a Pi 5's. Under qemu 7.2's default `max`
#               LiteRT 2.3.0 computes int8 wrongly or crashes
#   TESTS       what pytest runs there: what depends on the processor
#
# Needs debootstrap and qemu-user-static (or qemu-user-binfmt), and python3.11 for both runtimes.
set -eu
cd "$(dirname "$0")/.."
: "${ARM64_DIR:=/var/cache/edge-quant-arm64}" "${RELEASES:=bookworm trixie}"
: "${CPUS:=cortex-a72 cortex-a76}" "${PYTHON:=python3.11}"
: "${TESTS:=tests/edge/model/test_engine.py tests/edge/model/interpreter/test_runtimes.py tests/edge/model/interpreter/test_runtime_agreement.py
    tests/edge/model/test_preprocess.py tests/edge/model/test_decode.py tests/edge/model/test_golden.py
    tests/edge/test_labels.py tests/edge/test_quality.py tests/edge/model/test_card.py
    tests/edge/test_timing.py tests/edge/overlay/test_difference.py tests/edge/board/test_facts.py}"
APP=/opt/edge-quant
PROGRAM=test-arm64
. tests/debian_tree.sh

need_root
[ "$(uname -m)" = x86_64 ] || stop "this compares arm64 with x86-64; on a board run: make test"
for tool in debootstrap unshare "$PYTHON"; do
    command -v "$tool" >/dev/null || stop "there is no $tool; install it (apt: debootstrap, python3.11)"
done

# A container has no binfmt_misc of its own mounted.
formats=/proc/sys/fs/binfmt_misc
[ -e $formats/register ] || mount -t binfmt_misc binfmt_misc $formats \
    || stop "binfmt_misc cannot be mounted; give the container the right to, or use a machine"
[ -e $formats/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64 2>/dev/null || true
# F: the kernel holds the emulator open, so that it is found from inside a tree, too.
grep -qs '^flags:.*F' $formats/qemu-aarch64 \
    || stop "arm64 programs do not run here; apt install qemu-user-static binfmt-support"

mkdir -p "$ARM64_DIR"
export QEMU_CPU=cortex-a72 # of debootstrap; what runs inside a tree has its own

# board CPU: make what Linux tells of a board with that CPU. The runtimes read there whether and
# how to use XNNPACK: with nothing they compute without it, with this machine's own they crash.
board() {
    folder=$ARM64_DIR/board-$1
    case $1 in
    cortex-a72) part=0xd08 features="fp asimd evtstrm crc32 cpuid" ;;
    cortex-a76) part=0xd0b features="fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp \
asimdhp cpuid asimdrdm lrcpc dcpop asimddp" ;;
    *) stop "how Linux describes a $1 is not written down; add it to board() in tests/arm64.sh" ;;
    esac
    rm -rf "$folder"
    for core in 0 1 2 3; do
        mkdir -p "$folder/sys/devices/system/cpu/cpu$core"
        printf 'processor\t: %s\nBogoMIPS\t: 108.00\nFeatures\t: %s\n' $core "$features"
        printf 'CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\n'
        printf 'CPU part\t: %s\nCPU revision\t: 3\n\n' $part
    done >"$ARM64_DIR/cpuinfo"
    mv "$ARM64_DIR/cpuinfo" "$folder/cpuinfo"
    for list in possible present online; do echo 0-3 >"$folder/sys/devices/system/cpu/$list"; done
}

# inside RELEASE CPU COMMAND...: run in a tree, with processes and mounts that end with it.
inside() {
    tree=$ARM64_DIR/$1 cpu=$2
    shift 2
    unshare --mount --pid --fork --mount-proc="$tree/proc" sh -ec '
        tree=$1 board=$2
        shift 2
        mount --bind "$board/sys" "$tree/sys"
        mount --bind "$board/cpuinfo" "$tree/proc/cpuinfo"
        mount -t devpts devpts "$tree/dev/pts"
        exec chroot "$tree" "$@"' sh "$tree" "$ARM64_DIR/board-$cpu" \
        /usr/bin/env -i PATH=$APP/.venv/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LANG=C.UTF-8 \
        QEMU_CPU="$cpu" XDG_CACHE_HOME="/var/cache/$cpu" DEBIAN_FRONTEND=noninteractive \
        NO_COLOR=1 COLUMNS=100 sh -ec "cd $APP; $*"
}

# install_pi RELEASE: as `make pi` does on a board, in a tree with this checkout.
install_pi() {
    release=$1
    tree=$ARM64_DIR/$release
    make_tree "$tree" "$release" "$tree.log" --arch arm64
    mkdir -p "$tree$APP"
    find "$tree$APP" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
    git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$tree$APP"
    say "$release: make pi"
    inside "$release" cortex-a72 make pi
}

# This machine's half, with the versions that Bookworm gets.
here=$ARM64_DIR/x86-64
say "this machine's own answers"
if [ ! -x "$here/bin/python" ]; then
    "$PYTHON" -m venv "$here"
    "$here/bin/python" -m pip install --quiet --disable-pip-version-check \
        --requirement systemd/container.txt
fi
"$here/bin/python" -m tests.arm64.answers images "$ARM64_DIR/pictures.npz"
for runtime in litert tflite-runtime; do
    XDG_CACHE_HOME=$ARM64_DIR "$here/bin/python" -m tests.arm64.answers \
        answer "$ARM64_DIR/pictures.npz" $runtime "$ARM64_DIR/x86-64-$runtime.npz"
done

for cpu in cortex-a72 $CPUS; do board "$cpu"; done
failed=
results=
for release in $RELEASES; do
    install_pi "$release"
    runtimes=litert
    if [ "$release" = bookworm ]; then
        runtimes="litert tflite-runtime"
        say "$release: the old runtime and pytest beside LiteRT"
        inside "$release" cortex-a72 .venv/bin/python -m pip install --quiet \
            --disable-pip-version-check --constraint systemd/container.in \
            tflite-runtime pytest pytest-timeout
    fi
    cp "$ARM64_DIR/pictures.npz" "$ARM64_DIR/$release/tmp/"
    rm -f "$ARM64_DIR/$release"-*.npz
    for cpu in $CPUS; do
        results="$results $release-$cpu"
        for runtime in $runtimes; do
            say "$release, $cpu, $runtime: every shipped variant"
            out=$release-$cpu-$runtime.npz
            if inside "$release" "$cpu" .venv/bin/python -m tests.arm64.answers \
                answer /tmp/pictures.npz $runtime "/tmp/$out"; then
                mv "$ARM64_DIR/$release/tmp/$out" "$ARM64_DIR/"
            else
                failed="$failed $release/$cpu/$runtime"
            fi
        done
        if [ "$release" = trixie ]; then
            say "$release, $cpu: models check street"
            inside "$release" "$cpu" edge-app models check assets/models/street \
                || failed="$failed $release/$cpu/check"
            continue
        fi
        for runtime in $runtimes; do
            say "$release, $cpu, $runtime: a headless run of 10 frames, recorded, with metrics"
            inside "$release" "$cpu" "rm -rf /tmp/run; edge-app run assets/samples/street.mp4 \
                --truth assets/samples/street-truth.tar --model street --variant int8 --headless \
                --runtime $runtime --max-frames 10 --record /tmp/run/out.mp4 --metrics /tmp/run" \
                || failed="$failed $release/$cpu/$runtime/run"
        done
        say "$release, $cpu: tests"
        inside "$release" "$cpu" .venv/bin/python -m pytest -q -p no:cacheprovider $TESTS \
            || failed="$failed $release/$cpu/tests"
    done
done

say "compared with x86-64"
"$here/bin/python" -m tests.arm64.compare "$ARM64_DIR" $results || failed="$failed answers"
[ -z "$failed" ] || stop "failed:$failed"
say "all well"
