#!/bin/sh
# Set up and test HEAD on a bare Debian, as a newcomer would: `make demo` as root, which installs
# what the system lacks, then as a user without sudo, then the tests. As root; make test-debian12.
#
#   RELEASE     bookworm (Debian 12, Python 3.11.2: the oldest supported) or trixie (13, 3.13)
#   DEBIAN_DIR  where the trees, pip's cache and the logs are kept; reused by the next run
#   TESTS       fast: what needs no TensorFlow (default); all: make test; none
#   USERS       who runs the tests (default: user; root user for both)
#   FRESH=1     a new tree, so that the installation of Debian's packages is tried again
#
# Needs debootstrap. Only what is committed is tried.
set -eu
cd "$(dirname "$0")/.."
: "${RELEASE:=bookworm}" "${DEBIAN_DIR:=/var/cache/edge-quant-debian}" "${TESTS:=fast}"
: "${USERS:=user}" "${FRESH:=}"
tree=$DEBIAN_DIR/$RELEASE
case $RELEASE in trixie) PROGRAM=test-debian13 ;; *) PROGRAM=test-debian12 ;; esac
. tests/debian_tree.sh

need_root
case $TESTS in fast | all | none) ;; *) stop "TESTS is fast, all or none, not $TESTS" ;; esac
for tool in debootstrap unshare git; do
    command -v $tool >/dev/null || stop "there is no $tool; run: apt install $tool"
done

# inside USER COMMAND: run a shell command in the user's clone; what it starts ends with it.
inside() {
    case $1 in root) home=/root ;; *) home=/home/$1 ;; esac
    unshare --mount --pid --fork --kill-child --mount-proc="$tree/proc" sh -ec '
        tree=$1
        shift
        mount --rbind /sys "$tree/sys"
        # Devices of its own, without the cameras of this machine.
        mount -t tmpfs -o mode=755 dev "$tree/dev"
        for node in null zero full random urandom tty; do
            touch "$tree/dev/$node"
            mount --bind "/dev/$node" "$tree/dev/$node"
        done
        mkdir "$tree/dev/pts" "$tree/dev/shm"
        mount -t devpts -o newinstance,ptmxmode=666 devpts "$tree/dev/pts"
        mount -t tmpfs -o mode=1777 shm "$tree/dev/shm"
        ln -s pts/ptmx "$tree/dev/ptmx"
        ln -s /proc/self/fd "$tree/dev/fd"
        exec chroot "$tree" "$@"' sh "$tree" \
        /usr/sbin/runuser -u "$1" -- \
        /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$home" USER="$1" LANG=C.UTF-8 \
        TERM=xterm DEBIAN_FRONTEND=noninteractive PIP_CACHE_DIR="/var/cache/pip-$1" \
        PIP_ROOT_USER_ACTION=ignore sh -ec "cd $home; [ ! -d edge-quant ] || cd edge-quant; $2"
}

mkdir -p "$DEBIAN_DIR"
[ -z "$FRESH" ] || rm -rf "$tree"
make_tree "$tree" "$RELEASE" "$tree.log"
grep -q ^user: "$tree/etc/passwd" || chroot "$tree" /usr/sbin/useradd --create-home user

for name in root user; do
    case $name in root) home=$tree/root ;; *) home=$tree/home/$name ;; esac
    rm -rf "$home/edge-quant"
    git clone --quiet --no-hardlinks . "$home/edge-quant"
    mkdir -p "$tree/var/cache/pip-$name"
    chroot "$tree" /bin/chown -R "$name:" "${home#"$tree"}/edge-quant" "/var/cache/pip-$name"
    say "$RELEASE: make demo as $name, commit $(git rev-parse --short HEAD)"
    inside $name "make demo && test -s demo/int8/summary.json && .venv/bin/python --version"
done

# install_into_system USER OPTIONS WHERE: as `pip install` does without a venv; Debian's Python has
# folders of its own. The venv lends what the app needs.
install_into_system() {
    say "$RELEASE: pip install $2 into the system's Python, as $1"
    inside "$1" "
        python=\$PWD/.venv/bin/python lent=\$(echo \$PWD/.venv/lib/python3*/site-packages)
        pip=\"\$python -m pip --disable-pip-version-check\"
        rm -rf wheel
        \$pip wheel --quiet --no-deps --wheel-dir wheel .
        \$pip --python /usr/bin/python3 install --quiet --no-deps --break-system-packages $2 wheel/*
        cd /
        export PYTHONPATH=\$lent
        $3/bin/edge-app models | grep street
        /usr/bin/python3 -c 'from edge_app.paths import *; print(assets_dir(), shipped_dir(\"systemd\"))' \
            | grep '^$3/lib/.* $3/lib/'
        unset PYTHONPATH
        \$pip --python /usr/bin/python3 uninstall --quiet --yes --break-system-packages edge-quant"
}
install_into_system root --ignore-installed /usr/local
install_into_system user --user /home/user/.local

failed=
for name in $USERS; do
    [ "$TESTS" != none ] || continue
    say "$RELEASE: $TESTS tests as $name"
    case $TESTS in
    all) command="make test" ;;
    fast) command=".venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --editable '.[dev,report]' pooch && .venv/bin/python -m pytest -q -m 'not tensorflow'" ;;
    esac
    inside "$name" "$command" || failed="$failed $name"
done
[ -z "$failed" ] || stop "$RELEASE: tests failed as$failed"
say "$RELEASE: all well"
