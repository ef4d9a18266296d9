#!/bin/sh
# Installs units and what belongs to them: install.sh DESTDIR PREFIX
set -eu
destination=${1-}
prefix=${2-/usr}
here=$(dirname "$0")
put() { install -D -m "$1" "$here/$2" "$destination$3"; }
for unit in tulpard.service tulpar-guardian.service tulpar-bus@.service tulpar.target; do
  put 644 "$unit" "$prefix/lib/systemd/system/$unit"
done
put 755 raise-interrupts "$prefix/lib/tulpar/raise-interrupts"
put 644 tulpar.sysusers "$prefix/lib/sysusers.d/tulpar.conf"
put 644 tulpar.tmpfiles "$prefix/lib/tmpfiles.d/tulpar.conf"
put 644 60-tulpar.rules "$prefix/lib/udev/rules.d/60-tulpar.rules"
# A configuration that somebody has written stays.
[ -e "$destination/etc/tulpar/tulpar.conf" ] || put 644 tulpar.conf /etc/tulpar/tulpar.conf
