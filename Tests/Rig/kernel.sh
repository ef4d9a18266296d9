#!/bin/bash
# Builds the rig's kernel as OUT, unless it is there already: Debian's own source of its 6.1 kernel
# as User-Mode Linux with virtual time, which Debian's user-mode-linux package is built without.
#
# usage: kernel.sh OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "$1")
source=/usr/src/linux-source-6.1.tar.xz
[[ -e $source ]] || { echo "rig: $source is missing: apt-get install linux-source-6.1" >&2; exit 1; }

mark=$(cat "$here/kernel.config" "$0" <(stat -c %s "$source") | sha256sum)
if [[ -x $out && $(cat "$out.mark" 2>/dev/null) == "$mark" ]]; then exit 0; fi
echo "rig: building its kernel (two to five minutes, once)"
mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
tar -xf "$source" -C "$work" --strip-components=1
cd "$work"
log=$out.log
{
  make ARCH=um tinyconfig
  ARCH=um scripts/kconfig/merge_config.sh -m .config "$here/kernel.config"
  make ARCH=um olddefconfig
} >"$log" 2>&1 || { tail "$log" >&2; exit 1; }
# An option that this source does not know would be dropped without a word.
while IFS='=' read -r name value; do
  if [[ $value == y ]] && ! grep -q "^$name=y" .config; then
    echo "rig: the kernel refused $name" >&2
    exit 1
  fi
done < <(grep '^CONFIG' "$here/kernel.config")
make ARCH=um -j"$(nproc)" linux >>"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
cp linux "$out"
echo "$mark" >"$out.mark"
