#!/usr/bin/env bash
# Runs what yates.def says in bare Debian 12 trees, where there is no container engine: %post of both
# stages, the copies between them, %test. Needs root and debootstrap; takes about 6 GB in FOLDER.
# Trees that are there already are used as they are.
set -euo pipefail

if [ $# -ne 1 ]; then
  echo "usage: tools/packaging/apptainer/try_in_chroot.sh FOLDER" >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
trees=$(cd "$1" && pwd)

# The lines of a section, such as %post, of a stage.
section() {  # stage section
  awk -v stage="$1" -v section="%$2" '
    /^Stage:/ { now = $2 }
    /^%/ { inside = $1 == section }
    /^Bootstrap:/ { inside = 0 }
    inside && now == stage && !/^%/' "$here/yates.def"
}

# Mounts live in a namespace of their own and go with it.
run_section() {  # stage section
  echo "== $1: %$2"
  section "$1" "$2" > "$trees/$1/tmp/section.sh"
  # shellcheck disable=SC2016
  unshare --mount --fork bash -euc '
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    exec chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin \
      ${CCACHE_BASEDIR:+CCACHE_BASEDIR="$CCACHE_BASEDIR"} LANG=C.UTF-8 /bin/sh -e /tmp/section.sh
  ' bash "$trees/$1"
}

for stage in build final; do
  [ -e "$trees/$stage/etc/debian_version" ] ||
    debootstrap --variant=minbase bookworm "$trees/$stage" > "$trees/debootstrap.log"
  cp /etc/resolv.conf "$trees/$stage/etc/resolv.conf"
done

mkdir -p "$trees/build/opt/yates-source"
git -C "$checkout" ls-files -z --cached --others --exclude-standard |
  tar -C "$checkout" --null -T - -cf - | tar -C "$trees/build/opt/yates-source" -xf -
run_section build post
rm -rf "$trees/final/opt/yates"
cp -a "$trees/build/opt/yates" "$trees/final/opt/yates"
rm -f "$trees/final/usr/local/bin/yates"
run_section final post
run_section final test
echo "try_in_chroot: %post of both stages and %test ran without an error"
