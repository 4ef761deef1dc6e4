#!/bin/busybox sh
# /init of the appliance's guest: its own disk as root, this machine's / read-only and the run's folder below /run, then systemd.
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in $(cat /modules.list); do insmod "/modules/$m" 2> /dev/null; done
fail() { echo "guest: $*"; sync; echo b > /proc/sysrq-trigger; sleep 9; }
mount -t ext4 -o data=ordered /dev/vda /root || fail 'no disk'
o=trans=virtio,version=9p2000.L,msize=512000
mount -t tmpfs -o mode=755 run /root/run
mkdir -p /root/run/lk/out /root/run/lk/host
mount -t 9p -o $o,cache=none,access=any out /root/run/lk/out || fail 'no 9p out'
mount -t 9p -o $o,cache=loose,ro hostroot /root/run/lk/host || fail 'no 9p root'
mount --move /dev /root/dev
umount /sys /proc
exec switch_root /root /lib/systemd/systemd
