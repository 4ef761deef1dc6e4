#!/bin/bash
# Makes what the appliance's virtual machine boots, in $APPLIANCE_CACHE: a fresh Debian root with systemd for each suite, on
# an ext4 disk, and an initramfs that finds it. The kernel and the modules are those of test/kernel ($KERNEL_CACHE).
#   setUp.sh <suite>...
# Needs root, and mmdebstrap with a mirror of Debian.
set -eu
: "${KERNEL_CACHE:?}" "${APPLIANCE_CACHE:?}"
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$APPLIANCE_CACHE"
cd "$APPLIANCE_CACHE"
K=$(cat "$KERNEL_CACHE/kernel.version")

for suite in "$@"; do
  case $suite in
    bookworm) alsa=libasound2 ;;
    *) alsa=libasound2t64 ;;
  esac
  if [ ! -e "$suite.tar" ]; then
    echo "appliance set-up: a fresh $suite root"
    mmdebstrap --quiet --format=tar --variant=minbase \
      --include="systemd,systemd-sysv,udev,dbus,kmod,$alsa,libstdc++6,procps,iproute2,alsa-utils" \
      "$suite" "$suite.tar.new" > "$suite.log" 2>&1 || { tail -20 "$suite.log" >&2; exit 3; }
    mv "$suite.tar.new" "$suite.tar"
  fi
  stamp=$(cat "$here/setUp.sh" "$here/guestJob.service" "$KERNEL_CACHE/stamp" "$suite.tar" | sha256sum | cut -d' ' -f1)
  [ "$(cat "$suite.stamp" 2> /dev/null)" != "$stamp" ] || continue
  echo "appliance set-up: the disk of $suite"
  root=$(mktemp -d "$APPLIANCE_CACHE/root.XXXXXX")
  tar -xf "$suite.tar" -C "$root" --numeric-owner --exclude='./dev/*'
  mkdir -p "$root/lib/modules"
  # Only what the scenario loads, with what that needs.
  for m in snd-usb-audio dummy_hcd libcomposite usb_f_uac2 gpio-sim cuse snd-aloop configfs i2c-dev virtio_console; do
    modprobe -S "$K" -d "$KERNEL_CACHE/kernel" --show-depends "$m" || :
  done | awk '$1=="insmod" && !seen[$2]++ {print $2}' | while read -r f; do
    to=$root/lib/modules/${f#"$KERNEL_CACHE/kernel/lib/modules/"}
    mkdir -p "$(dirname "$to")"
    cp "$f" "$to"
  done
  cp "$KERNEL_CACHE/kernel/lib/modules/$K"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$K/"
  depmod -b "$root" "$K"
  cp "$here/guestJob.service" "$root/etc/systemd/system/"
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -sf ../guestJob.service "$root/etc/systemd/system/multi-user.target.wants/guestJob.service"
  echo lightkeeper-guest > "$root/etc/hostname"
  : > "$root/etc/machine-id"
  rm -f "$suite.img"
  truncate -s 1500M "$suite.img"
  mke2fs -q -t ext4 -d "$root" "$suite.img"
  rm -rf "$root"
  echo "$stamp" > "$suite.stamp"
done

# --- initramfs: busybox, the disk's and the shared folders' modules
rm -rf initrd
mkdir -p initrd/bin initrd/modules
cp "$(command -v busybox)" initrd/bin/busybox
install -m755 "$here/guestInit.sh" initrd/init
for m in virtio_pci virtio_blk ext4 crc32c_generic 9pnet_virtio 9p; do modprobe -S "$K" -d "$KERNEL_CACHE/kernel" --show-depends $m; done |
  awk '$1=="insmod" && !seen[$2]++ {print $2}' | while read -r f; do
    cp "$f" initrd/modules/
    basename "$f"
  done > initrd/modules.list
(cd initrd && find . | cpio -o -H newc --quiet | gzip -1) > initrd.img
