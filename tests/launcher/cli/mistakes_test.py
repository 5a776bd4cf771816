#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The most likely mistakes of users, and what yates answers: the text, the exit code, and that
nothing was written.

Arguments: `worker` for the verbs with tensors alone, else all others are taken. `--write` puts today's
answers into the files, to be read and judged by a person; `-k WORD` takes the titles with WORD.

A file of mistakes holds entries of this form:

    == Title: what the user did
    shell lines that prepare it, in a copy of a folder with cases/, shards/, split.json, run.yaml and
    study.yaml
    > the command with the mistake
    exit N[, writes PATH...]
    what stderr says; `...` stands for any text
"""
import concurrent.futures
import difflib
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

YATES = pathlib.Path(os.environ["YATES_BINARY"])
MISTAKES = pathlib.Path(__file__).parent / "mistakes"
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TIMEOUT_S = 120
ENTRY = re.compile(r"^== (?P<title>.*)\n(?P<setup>(?:(?!== |> ).*\n)*)"
                   r"> (?P<command>.*(?:\\\n.*)*)\n"
                   r"exit (?P<code>\d+)(?:, writes (?P<writes>.*))?\n"
                   r"(?P<answer>(?:(?!== ).*\n)*)", re.M)
WORLD = """
yates data phantom --out cases --cases 4 --seed 3 --shape 32,36,40
yates data import --in cases --out shards
yates data split --data shards --out split.json --seed 1 --ratios 0.5,0.25,0.25
cat >run.yaml <<END
schema: 1
model: {width: 8}
data: {dir: shards, split: split.json, patch: [32, 32, 32], workers: 1}
train: {epochs: 1, steps_per_epoch: 2, validate_every: 1}
run: {dir: run}
END
cat >study.yaml <<END
schema: 1
study: {name: small, base: run.yaml, out: campaign}
factors:
  relocate: {"-": {model.mamba_stages: [2, 3]}, "+": {model.mamba_stages: [0, 1]}}
  prune:    {"-": {model.prune.enabled: false}, "+": {model.prune.enabled: true}}
design: {seeds: [1, 2, 3]}
analysis:
  primary: {metric: dice, region: mean, contrast: "relocate:prune", delta: 1.0}
END
"""


@dataclass
class Mistake:
    file: pathlib.Path
    title: str
    setup: str
    command: str
    code: int
    writes: list
    answer: str
    found_code: int = -1
    found: str = ""
    faults: list = field(default_factory=list)

    def text(self):
        """As it stands in the file, with today's answer."""
        writes = f", writes {' '.join(self.writes)}" if self.writes else ""
        answer = self.answer if matches(self.answer, self.found) else self.found
        return (f"== {self.title}\n{self.setup}> {self.command}\n"
                f"exit {self.found_code}{writes}\n{answer}\n\n")


def matches(expected, found):
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, found, re.S) is not None


def read_mistakes(file):
    text = file.read_text()
    entries = list(ENTRY.finditer(text))
    if len(entries) != len(re.findall(r"^== ", text, re.M)):
        sys.exit(f"{file}: an entry has not the form that {pathlib.Path(__file__).name} explains")
    return [Mistake(file, entry["title"], entry["setup"], entry["command"], int(entry["code"]),
                    (entry["writes"] or "").split(), entry["answer"].strip("\n"))
            for entry in entries]


def shell(script, folder):
    environment = dict(os.environ, PATH=f"{YATES.parent}:{os.environ['PATH']}",
                       REPOSITORY=str(REPOSITORY), OMPI_ALLOW_RUN_AS_ROOT="1",
                       OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMP_NUM_THREADS="1")
    return subprocess.run(["bash", "-c", script], cwd=folder, env=environment, text=True,
                          errors="replace", capture_output=True, timeout=TIMEOUT_S,
                          stdin=subprocess.DEVNULL)


def tree(folder):
    """Path -> hash of every file, to see what was written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        data = b"" if path.is_dir() or path.is_symlink() else path.read_bytes()
        found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found


def within(path, allowed):
    return any(path == one or path.startswith(one + "/") for one in allowed)


def judge(mistake, world):
    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root) / "home"
        shutil.copytree(world, folder)
        prepared = shell("set -eu\n" + mistake.setup, folder)
        if prepared.returncode != 0:
            mistake.faults.append(f"the preparation failed: {prepared.stderr}")
            return
        before = tree(folder)
        result = shell(mistake.command, folder)
        after = tree(folder)
    mistake.found_code, mistake.found = result.returncode, result.stderr.strip("\n")
    if result.returncode != mistake.code:
        mistake.faults.append(f"exit code {result.returncode}, not {mistake.code}")
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    written = sorted(path for path in changed if not within(path, mistake.writes))
    if written:
        mistake.faults.append(f"written: {', '.join(written)}")
    if not matches(mistake.answer, mistake.found):
        mistake.faults += difflib.unified_diff(mistake.answer.split("\n"),
                                               mistake.found.split("\n"),
                                               "expected", "found", lineterm="", n=9)


def main():
    arguments = sys.argv[1:]
    write = "--write" in arguments
    word = arguments[arguments.index("-k") + 1] if "-k" in arguments else ""
    files = [file for file in sorted(MISTAKES.glob("*.txt"))
             if (file.name == "worker.txt") == ("worker" in arguments)]
    everything = [mistake for file in files for mistake in read_mistakes(file)]
    chosen = [mistake for mistake in everything if word in mistake.title]
    with tempfile.TemporaryDirectory() as world:
        made = shell("set -eu\n" + WORLD, world)
        if made.returncode != 0:
            sys.exit(f"the world of the mistakes could not be made: {made.stderr}")
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda mistake: judge(mistake, pathlib.Path(world)), chosen))
    for mistake in chosen:
        if mistake.faults:
            print(f"{mistake.file.name}: {mistake.title}\n  > {mistake.command}")
            print("\n".join(f"  {line}" for fault in mistake.faults for line in fault.split("\n")))
    if write and not word:
        for file in files:
            texts = [mistake.text() for mistake in everything if mistake.file == file]
            file.write_text("".join(texts).rstrip("\n") + "\n")
    failed = sum(1 for mistake in chosen if mistake.faults)
    print(f"{len(chosen)} mistakes, {failed} answered otherwise than expected")
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
