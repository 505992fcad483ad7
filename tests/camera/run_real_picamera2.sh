#!/bin/sh
# Read a camera through the real picamera2 and libcamera on a machine that has none.
#
#   sudo tests/camera/run_real_picamera2.sh [OUT.png]
#
# libcamera's own virtual camera stands for the sensor. Debian trixie has Python bindings and that
# pipeline, so a tree of it is made in a temporary folder (some 600 MB, removed at the end; set
# TREE=/some/folder to keep one). Needs root, debootstrap, cc and a network; takes some minutes.
# What this cannot show: a real sensor, its ISP, its controls, dma-buf memory, and time stamps.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-}
tree=${TREE:-}
if [ -z "$tree" ]; then
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
fi
if [ ! -x "$tree/usr/bin/cam" ]; then
	debootstrap --variant=minbase \
		--include=python3-libcamera,libcamera-tools,python3-prctl,python3-pip,python3-numpy,ca-certificates \
		trixie "$tree" ${MIRROR:-}
fi
# A network with a proxy of its own has certificates of its own.
cp /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"
if [ ! -d "$tree/usr/local/lib/python3.13/dist-packages/picamera2" ]; then
	# PiDNG, which writes raw files, would need a compiler in the tree: real_picamera2.py stubs it.
	pip="python3 -m pip install --quiet --break-system-packages --root-user-action=ignore"
	chroot "$tree" $pip "opencv-python-headless>=4.12" pillow piexif simplejpeg videodev2 av \
		libarchive-c tqdm jsonschema OpenEXR
	chroot "$tree" $pip --no-deps "picamera2==0.3.38"
fi
# Without this file the virtual pipeline makes no camera.
mkdir -p "$tree/usr/share/libcamera/pipeline/virtual"
cat >"$tree/usr/share/libcamera/pipeline/virtual/virtual.yaml" <<'END'
"Virtual0":
  supported_formats:
  - width: 1280
    height: 720
    frame_rates: [30, 60]
  - width: 640
    height: 480
    frame_rates: [30, 60]
  test_pattern: "bars"
  model: "Virtual Video Device"
END
# Frame memory comes from a heap of the kernel, which few machines without a camera have: memory
# files take its place, by answering the three ioctls that libcamera and picamera2 use.
mkdir -p "$tree/dev/dma_heap" "$tree/app"
touch "$tree/dev/dma_heap/linux,cma"
cc -shared -fPIC -O1 -x c -o "$tree/app/heap.so" - <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>
int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	va_start(list, request);
	void *argument = va_arg(list, void *);
	va_end(list);
	if (request == DMA_HEAP_IOCTL_ALLOC) {
		struct dma_heap_allocation_data *wanted = argument;
		int memory = memfd_create("heap", MFD_CLOEXEC);
		if (memory < 0 || ftruncate(memory, wanted->len))
			return -1;
		wanted->fd = memory;
		return 0;
	}
	/* sync, and the names of a buffer in both widths */
	if (request == DMA_BUF_IOCTL_SYNC || (request & 0xffff) == (DMA_BUF_SET_NAME & 0xffff))
		return 0;
	int (*real)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, argument);
}
END
rm -rf "$tree/app/edge_app" "$tree/app/real_picamera2.py"
cp -r "$here/edge_app" "$here/tests/camera/real_picamera2.py" "$tree/app/"
chroot "$tree" env LD_PRELOAD=/app/heap.so PYTHONPATH=/app LIBCAMERA_LOG_LEVELS="${LIBCAMERA_LOG_LEVELS:-*:ERROR}" \
	python3 /app/real_picamera2.py
if [ -n "$out" ]; then cp "$tree/app/picture.png" "$out"; fi
