#!/usr/bin/env python3
"""The figures of `yates bench`: take them, compare their ratios with the committed ones, write the
page about them.

  tools/bench/performance.py check [NAME...]            run and compare; exit status 1: a regression
  tools/bench/performance.py run --out DIR [NAME...]    one DIR/NAME.json for each
  tools/bench/performance.py compare DIR                DIR against tools/bench/results
  tools/bench/performance.py page [--check]             the table of docs/performance.md

What is compared is the ratio to the peer, not the time: both sides took turns in one run."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tools/bench/results"
PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- table: tools/bench/performance.py page -->\n", "<!-- end of table -->\n"

# What is measured, and with which settings.
BENCHES = {
    "step": "threads=2 repeats=3 rounds=3",
    "scan": "threads=2 repeats=15",
    "conv1d": "threads=2 repeats=7",
    "prune": "threads=2 repeats=7",
    "instance-norm": "threads=2 repeats=7",
    "loader": "threads=1 repeats=5",
    "augment": "threads=1 repeats=5",
    "import": "threads=1 repeats=5",
    "hd95": "threads=1 repeats=5",
    "allreduce": "ranks=2 threads=1 repeats=15",
    "checkpoint": "threads=2 repeats=5",
}


def file_of(name, folder):
    return folder / (name.replace("-", "_") + ".json")


def is_rate(row):
    return row["unit"].endswith("/s")


def best_ratio(row):
    """Of the best of either side: what is left of the median's ratio when the noise is taken off."""
    if is_rate(row):
        return row["ours"]["max"] / row["peer"]["max"]
    return row["peer"]["min"] / row["ours"]["min"]


def read(name, folder):
    path = file_of(name, folder)
    if not path.exists():
        return None
    return {(row["name"], row["size"]): row for row in json.loads(path.read_text())}


def run(names, folder, yates):
    folder.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    for number, name in enumerate(names, 1):
        command = [str(yates), "bench", name, "--json", str(file_of(name, folder)),
                   *BENCHES[name].split()]
        print(f"[{number}/{len(names)}] {' '.join(command)}", flush=True)
        result = subprocess.run(command, env=environment)
        if result.returncode != 0:
            sys.exit(f"performance: '{name}' ended with {result.returncode}")


def compare(names, folder, results, tolerance):
    """Prints every row with a peer; returns how many are worse than before."""
    worse = missing = alone = 0
    print(f"{'':<6}{'name':<34}{'size':<36}{'before':>8}{'now':>8}{'best':>8}")
    for name in names:
        now = read(name, folder)
        if now is None:
            continue
        for key, old in (read(name, results) or {}).items():
            if old["ratio"] is None:
                alone += 1
                continue
            new = now.get(key)
            if new is None or new["ratio"] is None:
                missing += 1
                print(f"{'gone':<6}{key[0]:<34}{key[1]:<36}{old['ratio']:>8.3g}")
                continue
            # Noise lowers the median of one side or the other, seldom its best as well.
            slower = (new["ratio"] < tolerance * old["ratio"]
                      and best_ratio(new) < tolerance * best_ratio(old))
            worse += slower
            print(f"{'WORSE' if slower else '':<6}{key[0]:<34}{key[1]:<36}{old['ratio']:>8.3g}"
                  f"{new['ratio']:>8.3g}{best_ratio(new):>8.3g}")
            if new["machine"] != old["machine"]:
                print(f"{'':<6}  on {new['machine']}; before on {old['machine']}")
    print(f"worse than {tolerance:g} of the ratio before: {worse}; gone: {missing}; "
          f"without a peer, not compared: {alone}")
    return worse + missing


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def table(results):
    lines = ["| what | size | ours | peer | ratio | threads | machine |",
             "|---|---|---|---|---|---|---|"]
    for name in BENCHES:
        rows = read(name, results) or {}
        if rows:
            lines.append(f"| **`yates bench {name} {BENCHES[name]}`** | | | | | | |")
        for row in rows.values():
            peer, ratio = "none", ""
            if row["peer"]:
                peer = f"{row['peer']['name']}: {number(row['peer']['median'])}"
                ratio = f"{row['ratio']:.3g} (best {best_ratio(row):.3g})"
            lines.append(f"| {row['name']} | {row['size']} | {number(row['ours']['median'])} "
                         f"{row['unit']} | {peer} | {ratio} | {row['threads']} | "
                         f"{row['machine']} |")
    return "\n".join(lines) + "\n"


def page(path, results, only_check):
    text = path.read_text()
    head, begins, rest = text.partition(BEGIN)
    _, ends, tail = rest.partition(END)
    if not begins or not ends:
        sys.exit(f"performance: {path} lacks the line '{(END if begins else BEGIN).strip()}'")
    new = head + BEGIN + table(results) + END + tail
    if only_check:
        if new != text:
            sys.exit(f"performance: {path} is not of the figures in {results}; "
                     "run tools/bench/performance.py page")
        return
    path.write_text(new)


def default_yates():
    for preset in ("release", "ci"):
        path = ROOT / "build" / preset / "bin/yates"
        if path.exists():
            return path
    return pathlib.Path("yates")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS, help="committed figures")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("run", "check", "compare"):
        sub = verbs.add_parser(verb)
        if verb == "compare":
            sub.add_argument("folder", type=pathlib.Path)
        else:
            sub.add_argument("--yates", type=pathlib.Path, default=default_yates())
        if verb == "run":
            sub.add_argument("--out", type=pathlib.Path, required=True)
        if verb != "run":
            sub.add_argument("--tolerance", type=float, default=0.8,
                             help="share of the ratio before that is still well")
        sub.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    sub = verbs.add_parser("page")
    sub.add_argument("--check", action="store_true", help="change nothing; 1: it is not current")
    sub.add_argument("--page", type=pathlib.Path, default=PAGE)
    arguments = parser.parse_args()

    if arguments.verb == "page":
        page(arguments.page, arguments.results, arguments.check)
        return 0
    names = arguments.names or list(BENCHES)
    for name in names:
        if name not in BENCHES:
            parser.error(f"no measurement '{name}'; there are {', '.join(BENCHES)}")
    if arguments.verb == "run":
        run(names, arguments.out, arguments.yates)
        return 0
    if arguments.verb == "compare":
        return 1 if compare(names, arguments.folder, arguments.results, arguments.tolerance) else 0
    with tempfile.TemporaryDirectory() as folder:
        run(names, pathlib.Path(folder), arguments.yates)
        worse = compare(names, pathlib.Path(folder), arguments.results, arguments.tolerance)
        return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
