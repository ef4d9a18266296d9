#!/bin/bash
# PID 1 of the rig for its first second: makes a machine out of a User-Mode Linux kernel whose root
# is the host's own file system, then hands over to systemd. The kernel's command line carries
# rig_scratch (a folder of the host, written to) and rig_source (this folder).
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc none /proc
mount -t sysfs none /sys
for word in $(cat /proc/cmdline); do
  case $word in
    rig_scratch=*) scratch=${word#*=} ;;
    rig_source=*) source=${word#*=} ;;
  esac
done
failed() { echo "rig boot: $*"; sync; halt -f; }

ip link set lo up
for interface in vcan0 vcan1; do
  ip link add dev $interface type vcan
  ip link set up $interface
done

# What the machine writes goes to memory; the host's files stay as they are.
mount -t tmpfs -o mode=755 none /mnt || failed "no tmpfs"
mkdir -p /mnt/{root,upper,work,scratch}
mount -t hostfs -o "$scratch" none /mnt/scratch || failed "cannot reach $scratch"
upper=/mnt/upper
cp -a /mnt/scratch/install/. "$upper/"
mkdir -p "$upper/etc/systemd/system" "$upper/rig"
printf '%032x\n' 1 >"$upper/etc/machine-id"
echo rig >"$upper/etc/hostname"
: >"$upper/etc/fstab"
# An ordinary user may not read these of the host, and the units' user is added to them.
cp /etc/passwd /etc/group "$upper/etc/"
: >"$upper/etc/shadow"
: >"$upper/etc/gshadow"
: >"$upper/etc/.pwd.lock"
# No device manager and no temporary files to set up: eighteen seconds less.
for unit in systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service \
  systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket \
  systemd-udevd-kernel.socket systemd-binfmt.service systemd-sysctl.service \
  systemd-modules-load.service systemd-random-seed.service systemd-update-utmp.service \
  systemd-pcrphase.service systemd-timesyncd.service systemd-firstboot.service \
  systemd-journal-flush.service systemd-journal-catalog-update.service systemd-hwdb-update.service \
  systemd-machine-id-commit.service ldconfig.service keyboard-setup.service apparmor.service timers.target \
  gpsd.socket dbus.socket \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-fs-fuse-connections.mount sys-kernel-config.mount proc-sys-fs-binfmt_misc.automount; do
  ln -sf /dev/null "$upper/etc/systemd/system/$unit"
done
cp "$source"/units/* "$upper/etc/systemd/system/"
mount -t overlay -o "lowerdir=/,upperdir=$upper,workdir=/mnt/work" none /mnt/root ||
  failed "no overlay"
mount -t devtmpfs none /mnt/root/dev 2>/dev/null || mount --bind /dev /mnt/root/dev
mkdir -p /mnt/root/dev/shm
mount -t tmpfs -o mode=1777 none /mnt/root/dev/shm
mount --bind /mnt/scratch /mnt/root/rig
cd /mnt/root
exec switch_root . /lib/systemd/systemd --unit=rig.target --log-target=journal --show-status=no
