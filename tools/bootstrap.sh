#!/usr/bin/env bash
# Makes a Debian 12 machine ready to build yates: distribution packages, and LibTorch out of its
# wheel. May be run again: what is there is left alone. Downloads are kept outside the checkout.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tools/bootstrap.sh [--no-torch] [--peers] [--fuzz]

  --no-torch  leave LibTorch out (enough for the login preset: plan, evaluate, analyse)
  --peers     also install the Python peers that `yates bench` measures against
              (PyTorch, MedPy, surface-distance, MONAI, batchgenerators, h5py): about 2 GB
  --fuzz      also clang 14 and its libFuzzer, which tools/fuzz.sh builds with

environment:
  YATES_CACHE  where LibTorch and the peers are kept (default ~/.cache/yates)
TEXT
}

torch=1
peers=0
lists=(packages.txt)
for argument in "$@"; do
  case $argument in
    --no-torch) torch=0 ;;
    --peers) peers=1 ;;
    --fuzz) lists+=(packages_fuzz.txt) ;;
    -h|--help) usage; exit 0 ;;
    *) echo "bootstrap: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${YATES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/yates}
mkdir -p "$cache"

# Two bootstraps at once (two checkouts, two CI jobs) take turns.
exec 9>"$cache/.lock"
flock 9

install_packages() {
  local missing=() name
  while read -r name; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done < <(cd "$here" && cat "${lists[@]}" | grep -v '^#')
  if [ ${#missing[@]} -eq 0 ]; then
    echo "bootstrap: packages: all there"
    return
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "bootstrap: these packages are missing and you are not root; ask your administrator for:" >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "bootstrap: packages: installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The tags are pinned, so that the choice does not depend on the running Python.
download_wheel() {  # destination requirement [pip options]
  local destination=$1 requirement=$2
  shift 2
  python3 -m pip download --quiet --no-deps --no-cache-dir --only-binary=:all: \
    -d "$destination" "$@" "$requirement"
}

install_libtorch() {
  local version=2.11.0
  local root=$cache/libtorch-$version
  if [ -e "$root/.complete" ]; then
    echo "bootstrap: LibTorch $version: in $root"
    return
  fi
  echo "bootstrap: LibTorch $version: downloading 544 MB into $cache"
  local staging
  staging=$(mktemp -d "$cache/.libtorch-XXXXXX")
  # Expanded now: when it runs, the variable of this function is gone.
  # shellcheck disable=SC2064
  trap "rm -rf '$staging'" EXIT
  download_wheel "$staging/wheels" "torch==$version" --implementation cp --python-version 3.11 \
    --abi cp311 --platform manylinux_2_28_x86_64
  download_wheel "$staging/wheels" nvidia-cuda-runtime==13.0.96
  download_wheel "$staging/wheels" nvidia-cuda-cupti==13.0.85
  (cd "$staging/wheels" && sha256sum --quiet --check "$here/wheels.sha256")
  python3 "$here/unpack_wheels.py" "$staging/wheels" "$staging/root"
  touch "$staging/root/.complete"
  rm -rf "$root"
  mv "$staging/root" "$root"
  rm -rf "$staging"
  trap - EXIT
}

install_peers() {
  local peers_root=$cache/peers
  if [ -e "$peers_root/.complete" ]; then
    echo "bootstrap: peers: in $peers_root"
    return
  fi
  echo "bootstrap: peers: installing into $peers_root"
  rm -rf "$peers_root"
  python3 -m venv "$peers_root"
  "$peers_root/bin/pip" install --quiet -r "$here/bench/peers/requirements.txt"
  touch "$peers_root/.complete"
}

install_packages
if [ $torch -eq 1 ]; then
  install_libtorch
fi
if [ $peers -eq 1 ]; then
  install_peers
fi
if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
  echo "bootstrap: CUDA: toolkit found, the cuda preset can be built"
else
  echo "bootstrap: CUDA: no toolkit; everything but the cuda preset can be built"
fi
echo "bootstrap: ready"
