#!/usr/bin/env python3
"""Many short runs through `yates study run` while ranks, launchers and whole commands are killed at
random; then: nothing lost, memory flat, no process and no file left behind.

usage: tools/soak.py [--yates FILE] [--runs N] [--kills N] [--slots N] [--ranks N] [--seed N]
                     [--every SECONDS] [--dir DIR]

Two arms (relocation), N / 2 seeds each, on four small synthetic cases. Kills come at random times
drawn from the seed, on average one in --every seconds, at most --kills of them (default: half as
many as runs): SIGKILL or SIGTERM to a rank, to the launcher, or SIGKILL to every process of the
command at once. Whatever ends, the same command is started again, until every run is done. The runs
of the first seeds are repeated without kills; weights and tables must be equal, byte for byte.
DIR (default: a new temporary folder) is removed after success. Exit status 0: all checks hold."""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARK = "YATES_SOAK"
COMPARED_SEEDS = 3
FLAT_KIB = 4096
MOST_STARTS_WITHOUT_PROGRESS = 20

BASE = """model: {width: 8}
data: {dir: shards, split: split.json, patch: [32, 32, 32], workers: 1}
train: {epochs: 2, steps_per_epoch: 2}
evaluate: {tta: none}
"""


def study_text(name, seeds):
    return f"""study: {{name: {name}, base: base.yaml, out: {name}}}
factors:
  relocate: {{"-": {{model.mamba_stages: [2, 3]}}, "+": {{model.mamba_stages: [0, 1]}}}}
design: {{seeds: {list(range(1, seeds + 1))}}}
retry: {{attempts: 100}}
"""


def read_text(path):
    """A file of /proc, or nothing when its process is gone."""
    try:
        return pathlib.Path(path).read_bytes().decode(errors="replace")
    except OSError:
        return ""


def family(mark):
    """Living processes that were started under the mark: {pid: command line}."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and mark in read_text(f"/proc/{entry}/environ"):
            if ") Z " not in read_text(f"/proc/{entry}/stat"):
                found[int(entry)] = read_text(f"/proc/{entry}/cmdline").replace("\0", " ").strip()
    return found


def program(pid):
    """The name of the file that a process executes; its command line may say another."""
    try:
        return pathlib.Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return ""


def resident_kib(pid):
    for line in read_text(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def shared_memory(pids):
    """Files in /dev/shm that one of the processes has mapped."""
    return {word for pid in pids for word in read_text(f"/proc/{pid}/maps").split()
            if word.startswith("/dev/shm/")}


class Soak:
    def __init__(self, options, root):
        self.options, self.root = options, root
        self.mark = f"{MARK}={uuid.uuid4().hex}"
        self.random = random.Random(options.seed)
        self.kills = {}
        self.starts = 0
        self.retries = 0
        self.growth_kib = 0
        self.shared = set()
        self.problems = []
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", TMPDIR=str(root / "tmp"),
                                OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                                OMPI_MCA_btl_vader_single_copy_mechanism="none",
                                OMPI_MCA_mpi_yield_when_idle="1", **dict([self.mark.split("=")]))

    def yates(self, *arguments, may_fail=False):
        done = subprocess.run([self.options.yates, *arguments], cwd=self.root, text=True,
                              env=self.environment, capture_output=True, check=False)
        if done.returncode and not may_fail:
            sys.exit(f"soak: yates {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
        return done

    def make_world(self):
        (self.root / "tmp").mkdir()
        self.yates("data", "phantom", "--out", "cases", "--cases", "4", "--seed", "3", "--shape",
                   "32,32,32")
        self.yates("data", "import", "--in", "cases", "--out", "shards")
        self.yates("data", "split", "--data", "shards", "--out", "split.json", "--seed", "1")
        (self.root / "base.yaml").write_text(BASE)
        seeds = max(1, self.options.runs // 2)
        (self.root / "soak.yaml").write_text(study_text("soak", seeds))
        (self.root / "calm.yaml").write_text(study_text("calm", min(seeds, COMPARED_SEEDS)))

    def finished(self):
        states = [json.loads(read_text(path)).get("state")
                  for path in (self.root / "soak/runs").glob("*/campaign.json")]
        return states.count("done"), states

    def strike(self, launcher):
        """Kills something of the running command."""
        living = family(self.mark)
        workers = [pid for pid in living if program(pid) == "yates-worker"]
        choice = self.random.choice(["rank killed", "rank told to stop", "launcher killed",
                                     "launcher told to stop", "all killed"])
        if choice.startswith("rank") and not workers:
            return
        number = signal.SIGTERM if "stop" in choice else signal.SIGKILL
        victims = ([self.random.choice(workers)] if choice.startswith("rank") else
                   [launcher] if choice.startswith("launcher") else list(living))
        for victim in victims:
            try:
                os.kill(victim, number)
            except ProcessLookupError:
                pass
        self.kills[choice] = self.kills.get(choice, 0) + 1

    def one_start(self):
        """Starts the command once and strikes until it ends or the kills are used up."""
        words = [self.options.yates, "study", "run", "soak.yaml", "--slots",
                 str(self.options.slots), "--ranks", str(self.options.ranks)]
        with open(self.root / "soak.log", "a") as log:
            command = subprocess.Popen(words, cwd=self.root, env=self.environment, stdout=log,
                                       stderr=log)
        self.starts += 1
        first = 0
        began = looked = time.monotonic()
        strike_at = began + self.random.expovariate(1 / self.options.every)
        while command.poll() is None:
            time.sleep(0.05)
            now = time.monotonic()
            if now - looked > 1:
                looked = now
                size = resident_kib(command.pid)
                first = first or size
                self.growth_kib = max(self.growth_kib, size - first)
                self.shared |= shared_memory(family(self.mark))
            if now >= strike_at and sum(self.kills.values()) < self.options.kills:
                self.strike(command.pid)
                strike_at = now + self.random.expovariate(1 / self.options.every)

    def run(self):
        before, idle = -1, 0
        while True:
            self.one_start()
            done, states = self.finished()
            print(f"soak: start {self.starts}: {done} of {self.runs()} runs done, kills "
                  f"{sum(self.kills.values())}", flush=True)
            if done == self.runs():
                return
            if "failed" in states:
                self.yates("study", "retry", "soak.yaml", may_fail=True)
                self.retries += 1
            idle = 0 if done > before else idle + 1
            before = done
            if idle > MOST_STARTS_WITHOUT_PROGRESS:
                self.problems.append("no run was finished in many starts; see soak.log")
                return

    def runs(self):
        return 2 * max(1, self.options.runs // 2)

    def check_results(self):
        self.yates("study", "run", "calm.yaml", "--slots", str(self.options.slots), "--ranks",
                   str(self.options.ranks))
        compared = 0
        for calm in sorted((self.root / "calm/runs").iterdir()):
            shaken = self.root / "soak/runs" / calm.name
            for name in ("final.safetensors", "cases.csv"):
                compared += 1
                if not (shaken / name).is_file() or \
                        (shaken / name).read_bytes() != (calm / name).read_bytes():
                    self.problems.append(f"{calm.name}: {name} is not that of the undisturbed run")
        tables = list((self.root / "soak/runs").glob("*/cases.csv"))
        if len(tables) != self.runs():
            self.problems.append(f"{len(tables)} tables of {self.runs()} runs")
        for path in (self.root / "soak/runs").glob("*/metrics.jsonl"):
            steps = [json.loads(line)["step"] for line in path.read_text().splitlines()
                     if "loss" in json.loads(line)]
            if steps != sorted(set(steps)) or steps[-1] != 4:
                self.problems.append(f"{path.parent.name}: steps {steps}")
        return compared

    def check_rest(self):
        deadline = time.monotonic() + 10
        while family(self.mark) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.problems += [f"process left: {pid} {line}" for pid, line in family(self.mark).items()]
        self.problems += [f"file left: {path}" for path in (self.root / "soak").rglob(".*.tmp")]
        self.problems += [f"file left: {path}" for path in (self.root / "tmp").rglob("*")]
        self.problems += [f"shared memory left: {name}" for name in sorted(self.shared)
                          if os.path.exists(name)]
        fsck = self.yates("study", "fsck", "soak.yaml", "--dry-run", may_fail=True)
        print("soak: study fsck: " + (fsck.stdout + fsck.stderr).strip())
        if fsck.returncode or fsck.stdout.strip() != "0 findings":
            self.problems.append("study fsck finds something")
        if self.growth_kib > FLAT_KIB:
            self.problems.append(f"the launcher grew by {self.growth_kib} KiB")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--yates", default=str(ROOT / "build/ci/bin/yates"))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=6.0)
    parser.add_argument("--dir")
    options = parser.parse_args()
    options.yates = str(pathlib.Path(options.yates).resolve())
    options.kills = options.runs // 2 if options.kills is None else options.kills
    return options


def main():
    options = parse()
    root = pathlib.Path(options.dir or tempfile.mkdtemp(prefix="yates-soak-")).resolve()
    root.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    soak = Soak(options, root)
    soak.make_world()
    soak.run()
    compared = soak.check_results()
    soak.check_rest()
    print(f"soak: {soak.runs()} runs, {soak.starts} starts, {soak.retries} retries, "
          f"{sum(soak.kills.values())} kills {json.dumps(soak.kills, sort_keys=True)}, "
          f"{compared} files equal to those of undisturbed runs, the launcher grew by at most "
          f"{soak.growth_kib} KiB, {(time.monotonic() - began) / 60:.1f} min")
    for problem in soak.problems:
        print(f"soak: PROBLEM: {problem}")
    if soak.problems:
        print(f"soak: everything is left in {root}")
        return 1
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
