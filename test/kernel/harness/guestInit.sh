#!/bin/busybox sh
# /init of the guest: this machine's / over 9p, read-only below a throw-away overlay, then stage 2 in it.
# The static busybox does all of it: programs read over 9p are slow to start.
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /lower /rw /root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in $(cat /modules.list); do insmod "/modules/$m" 2> /dev/null; done
for a in $(cat /proc/cmdline); do
  case $a in
    lk.out=*) out=${a#*=} ;;
    lk.cache=*) cache=${a#*=} ;;
  esac
done
fail() { echo "guest: $*"; sync; echo b > /proc/sysrq-trigger; sleep 9; }
o=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o $o,cache=loose,ro hostroot /lower || fail 'no 9p root'
mount -t tmpfs -o size=70% rw /rw
mkdir /rw/up /rw/work
mount -t overlay -o lowerdir=/lower,upperdir=/rw/up,workdir=/rw/work overlay /root || fail 'no overlay'
R=/root
mount -t proc proc $R/proc
mount -t sysfs sys $R/sys
mount -t devtmpfs dev $R/dev
mount -t tmpfs run $R/run
mkdir -p $R/run/lock $R/run/lk $R/dev/pts $R/dev/shm
mount -t devpts devpts $R/dev/pts
mount -t tmpfs shm $R/dev/shm
for l in fd:/proc/self/fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -sfn "${l#*:}" "$R/dev/${l%%:*}"; done
mkdir -p $R/run/lk/out
mount -t 9p -o $o,cache=none,access=any out $R/run/lk/out || fail 'no 9p out'
mkdir -p $R/lib/modules
mount -o bind "/lower$cache/kernel/lib/modules" $R/lib/modules || fail 'no modules'
mount -t configfs configfs $R/sys/kernel/config
ifconfig lo 127.0.0.1 up
hostname lightkeeper-guest
port=/dev/console
for p in /sys/class/virtio-ports/*/name; do
  [ "$(cat "$p" 2> /dev/null)" = lk.out ] && { q=${p%/name}; port=/dev/${q##*/}; }
done
cp /bin/busybox /stage2 $R/run/lk/
# Pid 1 itself changes its root: the kernel's own modprobe calls follow it.
exec switch_root $R /run/lk/busybox sh /run/lk/stage2 $port
