# Runs the job in the guest's root, keeps its exit code and the kernel's messages, and switches off. $1: output port.
B=/run/lk/busybox
/bin/bash /run/lk/out/job.sh < /dev/null > "$1" 2>&1
rc=$?
$B dmesg > /run/lk/out/dmesg
read -r up rest < /proc/uptime
echo "$up" > /run/lk/out/uptime
echo $rc > /run/lk/out/rc
$B sync
$B sleep 0.1
echo b > /proc/sysrq-trigger
$B sleep 9
