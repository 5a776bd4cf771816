#!/usr/bin/env python3
"""The installed modulefiles, read by real module commands, put the moved prefix on PATH.

Arguments: cmake, the build folder, then what reads them: modulecmd.tcl, or Lmod's lmod."""
import pathlib
import subprocess
import sys
import tempfile

CMAKE, BUILD, READER = sys.argv[1:4]
TIMEOUT_S = 120


def environment_after_load(folder):
    """PATH and XDG_DATA_DIRS as an sh that evaluates what the reader prints would have them."""
    script = ('eval "$("$1" bash use "$2")"; eval "$("$1" bash load yates)"; '
              'echo "$PATH"; echo "$XDG_DATA_DIRS"; command -v yates')
    result = subprocess.run(["bash", "--norc", "-c", script, "bash", READER, str(folder)],
                            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C"},
                            capture_output=True, text=True, timeout=TIMEOUT_S)
    if result.returncode != 0:
        sys.exit(f"the module was not loaded:\n{result.stdout}{result.stderr}")
    return result.stdout.splitlines()


def main():
    with tempfile.TemporaryDirectory(prefix="yates-modules-") as temporary:
        root = pathlib.Path(temporary).resolve()
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", str(root / "first")], check=True,
                       capture_output=True, timeout=TIMEOUT_S)
        prefix = root / "moved"
        (root / "first").rename(prefix)
        path, data, command = environment_after_load(prefix / "share" / "yates" / "modulefiles")
        found = (path.split(":")[0], data.split(":")[0], command)
        wanted = (f"{prefix}/bin", f"{prefix}/share", f"{prefix}/bin/yates")
        if found != wanted:
            sys.exit(f"found {found}, not {wanted}")
        if "/usr/share" not in data.split(":"):
            sys.exit(f"the default data folders are lost: {data}")


if __name__ == "__main__":
    main()
