# What tests/debian.sh and tests/arm64.sh share: messages, and Debian trees by debootstrap. They
# source it in the checkout, with PROGRAM set to the target of make that runs them.
BEGUN=$(date +%s)

stop() {
    echo "$PROGRAM: $*" >&2
    exit 1
}

say() {
    now=$(($(date +%s) - BEGUN))
    printf '\n[%d:%02d] %s\n' $((now / 60)) $((now % 60)) "$*"
}

need_root() {
    [ "$(id -u)" = 0 ] || stop "debootstrap and chroot need root; run: sudo make $PROGRAM"
}

# make_tree TREE RELEASE LOG OPTIONS...: the tree of an earlier run, or a new one by debootstrap.
make_tree() {
    tree=$1 release=$2 log=$3
    shift 3
    if [ ! -e "$tree/complete" ]; then
        say "$release: a new tree in $tree"
        rm -rf "$tree"
        # A clone and `make`: what the README asks for, and no Python.
        debootstrap "$@" --variant=minbase --include=make,ca-certificates "$release" "$tree" \
            >"$log" 2>&1 || stop "debootstrap failed; see $log"
        touch "$tree/complete"
    fi
    # Names, package index and certificates as on this machine.
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
        [ ! -e $file ] || cp -L $file "$tree$file"
    done
}
