#!/bin/bash
# Makes what the virtual machine boots, in $KERNEL_CACHE: Debian's kernel and modules (unpacked there, not installed),
# four modules built out of tree, the initramfs, and the I2C panel stand-in.
#   setUp.sh [--no-apt]
# Exit code 3: something can not be had here (a package, or root to install it). Any other: it is broken.
# Needs Debian 12 on amd64, and root for apt when a package of debian-packages.txt is missing.
set -eu
: "${KERNEL_CACHE:?}"
here=$(cd "$(dirname "$0")" && pwd)
room=$(dirname "$here")
mkdir -p "$KERNEL_CACHE/debs" "$KERNEL_CACHE/bin"
KERNEL_CACHE=$(realpath "$KERNEL_CACHE")
cd "$KERNEL_CACHE"
exec 8> lock; flock 8

# One stamp over all inputs: a second run with nothing changed costs nothing.
stamp=$(cat "$here/setUp.sh" "$here"/guest*.sh "$room"/modules/* "$room"/*.c "$room/debian-packages.txt" | sha256sum | cut -d' ' -f1)
if [ "$(cat stamp 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi
rm -f stamp

missing=$(while read -r p; do dpkg -s "$p" 2>/dev/null | grep -q '^Status: .* installed' || echo "$p"; done < "$room/debian-packages.txt")
lists() { [ -n "${updated:-}" ] || apt-get -qq update; updated=1; }
if [ -n "$missing" ]; then
  if [ "${1:-}" = --no-apt ] || [ "$(id -u)" != 0 ]; then
    echo "kernel set-up: as root, run: apt-get install --no-install-recommends $(echo $missing)" >&2
    exit 3
  fi
  echo "kernel set-up: installing $(echo $missing)"
  lists
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing > apt.log 2>&1 || { tail -20 apt.log >&2; exit 3; }
fi

# --- Debian's kernel: the one that linux-image-amd64 stands for, unless the cache has one already
K=$(cat kernel.version 2>/dev/null || :)
if [ -z "$K" ] || [ ! -e "kernel/boot/vmlinuz-$K" ]; then
  newest() { apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: linux-image-//p' | head -1; }
  K=$(newest)
  [ -n "$K" ] || { lists; K=$(newest); }
  [ -n "$K" ] || { echo 'kernel set-up: apt knows no linux-image-amd64' >&2; exit 3; }
  common=${K%-amd64}-common
  series=$(echo "$K" | cut -d. -f1,2)
  rm -rf kernel headers sources; mkdir -p kernel headers sources
  packages="linux-image-$K linux-headers-$K linux-headers-$common linux-kbuild-$series linux-source-$series"
  cd debs
  for p in $packages; do
    ls "${p}"_*.deb > /dev/null 2>&1 && continue
    echo "kernel set-up: fetching $p"
    apt-get -qq -o APT::Sandbox::User=root download "$p" || { lists; apt-get -qq -o APT::Sandbox::User=root download "$p" || exit 3; }
  done
  cd ..
  dpkg -x debs/linux-image-"$K"_*.deb kernel
  for p in linux-headers-"$K" linux-headers-"$common" linux-kbuild-"$series"; do dpkg -x debs/"$p"_*.deb headers; done
  # The header trees name each other by absolute path: point them at our copy.
  sed -i "s#/usr/src/linux-headers#$KERNEL_CACHE/headers/usr/src/linux-headers#g" "headers/usr/src/linux-headers-$K/Makefile"
  dpkg -x debs/linux-source-"$series"_*.deb sources
  s=linux-source-$series
  tar -xJf "sources/usr/src/$s.tar.xz" -C sources --strip-components=1 --occurrence=1 \
    $s/sound/drivers/aloop.c $s/drivers/gpio/gpio-sim.c $s/drivers/gpio/gpiolib.h $s/kernel/irq/irq_sim.c \
    $s/drivers/usb/gadget/udc/dummy_hcd.c \
    $(for f in f_uac2.c u_audio.c u_audio.h u_uac2.h uac_common.h; do echo $s/drivers/usb/gadget/function/$f; done)
  rm -rf sources/usr debs
  echo "$K" > kernel.version
fi

# --- modules that Debian leaves out, or builds without what the scenarios need (test/kernel/modules/README.md)
rm -rf modules; mkdir modules
cp sources/drivers/gpio/gpio-sim.c modules/gpio-sim-main.c
cp sources/drivers/gpio/gpiolib.h sources/kernel/irq/irq_sim.c sources/sound/drivers/aloop.c modules/
cp sources/drivers/usb/gadget/udc/dummy_hcd.c sources/drivers/usb/gadget/function/*.[ch] modules/
sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' modules/irq_sim.c
sed -i 's/channels_max =\([[:space:]]*\)32,/channels_max =\164,/' modules/aloop.c
for p in "$room"/modules/*.patch; do patch -s -d modules -p1 < "$p"; done
cp "$room/modules/Makefile" modules/
make -s -C "headers/usr/src/linux-headers-$K" M="$KERNEL_CACHE/modules" modules > modules.log 2>&1 || { tail -20 modules.log >&2; exit 4; }
mkdir -p "kernel/lib/modules/$K/updates"  # comes before the stock module of the same name
cp modules/*.ko "kernel/lib/modules/$K/updates/"
depmod -b "$KERNEL_CACHE/kernel" "$K"

gcc -O2 -Wall -o bin/loopPlay "$room/loopPlay.c" -lasound
gcc -O2 -Wall -o bin/i2cPanel "$room/i2cPanel.c" $(pkg-config --cflags --libs fuse3)

# --- initramfs: busybox and the modules that reach the 9p root
rm -rf initrd; mkdir -p initrd/bin initrd/modules
cp "$(command -v busybox)" initrd/bin/busybox
install -m755 "$here/guestInit.sh" initrd/init
cp "$here/guestStage2.sh" initrd/stage2
for m in virtio_pci 9pnet_virtio 9p overlay virtio_console configfs; do modprobe -S "$K" -d "$KERNEL_CACHE/kernel" --show-depends $m; done |
  awk '$1=="insmod" && !seen[$2]++ {print $2}' | while read -r f; do cp "$f" initrd/modules/; basename "$f"; done > initrd/modules.list
(cd initrd; find . | cpio -o -H newc --quiet | gzip -1) > initrd.img
echo "$stamp" > stamp
echo "kernel set-up: $K ready in $KERNEL_CACHE"
