#!/bin/sh
# Install edge-app on Raspberry Pi OS (64-bit, Bookworm or Trixie): packages, venv, smoke test.
# Safe to run again. make pi calls it:  sh systemd/pi.sh VENV
set -eu
cd "$(dirname "$0")/.." || exit 1
venv=${1:-.venv}

stop() {
    echo "make pi: $*" >&2
    exit 1
}

# The userland counts: a 64-bit kernel also runs a 32-bit system, for which no runtime exists.
[ "$(getconf LONG_BIT)" = 64 ] || stop "this system is 32-bit, and there is no LiteRT for it;" \
    "write Raspberry Pi OS (64-bit) to the card with Raspberry Pi Imager"
[ -r /etc/os-release ] && . /etc/os-release
release=${VERSION_CODENAME:-unknown}
pins=systemd/pi-$release.txt
[ -r "$pins" ] || stop "no tested versions for '$release' (there are Bookworm and Trixie);" \
    "make demo sets up a plain venv without the Pi's own camera"

packages="python3-venv libgl1"
case $release in
bookworm) packages="$packages libglib2.0-0" ;;
*) packages="$packages libglib2.0-0t64" ;;
esac

has() { dpkg-query --show --showformat '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }
missing=
for name in $packages python3-picamera2; do has "$name" || missing="$missing $name"; done
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then do=""; else do="sudo"; fi
    $do apt-get update -qq
    # Debian has no picamera2; Raspberry Pi OS does.
    if ! apt-cache show python3-picamera2 >/dev/null 2>&1; then
        missing=$(echo "$missing" | sed 's/ python3-picamera2//')
    fi
    if [ -n "$missing" ]; then
        echo "installing system packages: ${do:+$do }apt-get install$missing"
        DEBIAN_FRONTEND=noninteractive $do apt-get install -y -qq --no-install-recommends \
            $missing >/dev/null
    fi
fi

# libcamera and picamera2 come from apt and for the system's own Python alone. Over a venv that is
# there already, this only changes what it sees.
[ "$(readlink -f "$venv/bin/python" 2>/dev/null)" = "$(readlink -f /usr/bin/python3)" ] \
    || rm -rf "$venv"
/usr/bin/python3 -m venv --system-site-packages "$venv"
echo "installing the app and its packages into $venv (0.5 GB; some minutes)"
# Wheels whose SHA-256 is known, and nothing that builds; then the app itself, with the setuptools
# that came with them.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --require-hashes --only-binary :all: --requirement "$pins"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation --editable .

echo "trying it out"
"$venv/bin/edge-app" models check assets/models/mnist
"$venv/bin/edge-app" run --model mnist --headless --max-frames 100
if has python3-picamera2; then
    "$venv/bin/python" -c 'import picamera2' || stop "picamera2 does not load in $venv (above)"
    echo "picamera2 loads; the cameras: $venv/bin/edge-app cameras"
else
    echo "no python3-picamera2 among this system's packages: USB cameras and videos only"
fi
app=$(cd "$venv/bin" && pwd)/edge-app
echo "ready:          $app run"
echo "at every boot:  sudo $app service install"
