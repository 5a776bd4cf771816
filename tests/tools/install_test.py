#!/usr/bin/env python3
"""An installation works from anywhere: it is installed, moved into a folder with a blank in its
name, found through a link on PATH, and called from an empty folder in an empty environment. No
installed file names the checkout or the build folder, but for the places of assertions.

Arguments: cmake, the build folder, the repository, then `worker` if verbs with tensors are
built."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE, BUILD, REPOSITORY = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
WITH_WORKER = sys.argv[4:] == ["worker"]
TIMEOUT_S = 600
ELF = b"\x7fELF"


class Installation:
    """Installed once, used by every test."""

    def __init__(self, root):
        self.root = root
        first = root / "first"
        self.install(first)
        (root / "moved here").mkdir()
        self.prefix = root / "moved here" / "yates"
        first.rename(self.prefix)
        links = root / "links"
        links.mkdir()
        (links / "yates").symlink_to(self.prefix / "bin" / "yates")
        self.home = root / "home"
        self.home.mkdir()
        self.environment = {"PATH": f"{links}:/usr/bin:/bin", "HOME": str(self.home), "LANG": "C",
                            "TERM": "dumb", "OMP_NUM_THREADS": "1",
                            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}

    def install(self, prefix, *more):
        subprocess.run([CMAKE, "--install", str(BUILD), "--prefix", str(prefix), *more], check=True,
                       capture_output=True, timeout=TIMEOUT_S)

    def run(self, words, cwd=None, **more):
        return subprocess.run(words, cwd=cwd or self.home, env={**self.environment, **more},
                              capture_output=True, text=True, timeout=TIMEOUT_S)

    def yates(self, *words, cwd=None, exit_code=0):
        result = self.run(["yates", *words], cwd)
        if result.returncode != exit_code:
            raise AssertionError(f"yates {' '.join(words)}: exit {result.returncode}\n"
                                 f"{result.stdout[-2000:]}{result.stderr[-2000:]}")
        return result.stdout

    @property
    def share(self):
        return self.prefix / "share" / "yates"


def programs(prefix):
    return [path for path in sorted(prefix.rglob("*")) if path.is_file() and not path.is_symlink()
            and path.read_bytes()[:4] == ELF]


def run_path(path):
    text = subprocess.run(["readelf", "-d", str(path)], check=True, capture_output=True,
                          text=True).stdout
    found = [line.split("[")[1].split("]")[0] for line in text.splitlines()
             if "RUNPATH" in line or "RPATH" in line]
    return [folder for entry in found for folder in entry.split(":") if folder]


class Layout(unittest.TestCase):
    def test_programs_are_where_the_contract_says(self):
        names = [str(path.relative_to(HERE.prefix)) for path in programs(HERE.prefix)]
        worker = ["libexec/yates/yates-worker"] if WITH_WORKER else []
        self.assertEqual(names, ["bin/yates", *worker])

    def test_run_paths_are_relative_or_lie_outside_of_build_and_checkout(self):
        for path in programs(HERE.prefix):
            for folder in run_path(path):
                self.assertTrue(folder.startswith(("$ORIGIN", "/")), folder)
                self.assertFalse(folder.startswith((str(BUILD), str(REPOSITORY))), folder)
        if WITH_WORKER:
            worker = run_path(HERE.prefix / "libexec" / "yates" / "yates-worker")
            self.assertEqual(worker[0], "$ORIGIN/../../lib/yates/torch/lib")

    def test_no_installed_file_names_build_checkout_or_first_prefix(self):
        for path in filter(pathlib.Path.is_file, HERE.prefix.rglob("*")):
            content = path.read_bytes()
            self.assertNotIn(bytes(HERE.root / "first"), content, path)
            named = re.findall(re.escape(bytes(REPOSITORY)) + rb"/[^\0\n]*", content)
            left = [name for name in named if not re.search(rb"\.(cpp|hpp|cu|cuh)$", name)]
            self.assertEqual(left, [], path)


class Verbs(unittest.TestCase):
    def test_version_and_reference(self):
        self.assertIn("version", HERE.yates("--version"))
        self.assertIn("model.width", HERE.yates("config", "reference"))

    def test_doctor_finds_worker_and_files_in_the_moved_prefix(self):
        lines = {line.split()[1]: line for line in HERE.yates("doctor").splitlines()
                 if line.split()[0] in ("ok", "warning", "error")}
        self.assertIn(str(HERE.share), lines["files"])
        self.assertEqual(lines["files"].split()[0], "ok")
        self.assertEqual(lines["worker"].split()[0], "ok" if WITH_WORKER else "warning")

    def test_every_installed_configuration_and_study_is_without_errors(self):
        names = [path.name for path in (HERE.share / "configs").rglob("*.yaml")]
        for wanted in ("default.yaml", "demo.yaml", "table01.yaml", "width32.yaml"):
            self.assertIn(wanted, names)
        for path in (HERE.share / "configs").rglob("*.yaml"):
            HERE.yates("config", "check", str(path))

    def test_batch_scripts_peers_tools_and_licence_are_installed(self):
        for name in ("slurm/train.sbatch", "slurm/scaling.sbatch", "tools/convert_checkpoint.py"):
            self.assertTrue(os.access(HERE.share / name, os.X_OK), name)
        self.assertTrue((HERE.prefix / "share/doc/yates/LICENSE").is_file())
        if WITH_WORKER:
            for script in (REPOSITORY / "tools" / "bench" / "peers").iterdir():
                if script.suffix == ".py":
                    self.assertTrue((HERE.share / "peers" / script.name).is_file(), script)

    def test_a_worker_that_is_not_there_is_named(self):
        alone = HERE.root / "alone" / "bin"
        alone.mkdir(parents=True)
        shutil.copy(HERE.prefix / "bin" / "yates", alone)
        result = HERE.run([str(alone / "yates"), "train", "--config", "x.yaml"])
        self.assertEqual(result.returncode, 66)
        self.assertIn("alone/libexec/yates/yates-worker", result.stderr)
        self.assertIn("no configurations", HERE.run([str(alone / "yates"), "doctor"]).stdout)


class Guide(unittest.TestCase):
    def test_bash_finds_the_installed_completion(self):
        script = HERE.prefix / "share" / "bash-completion" / "completions" / "yates"
        lines = HERE.run(["bash", "-c", 'source "$1"; COMP_WORDS=(yates study sub) COMP_CWORD=2; '
                          '_yates; echo "${COMPREPLY[@]}"', "bash", str(script)])
        self.assertEqual(lines.stdout.split(), ["submit"], lines.stderr)
        self.assertTrue((HERE.prefix / "share/zsh/site-functions/_yates").is_file())
        self.assertTrue((HERE.prefix / "share/fish/vendor_completions.d/yates.fish").is_file())

    def test_every_verb_of_the_help_has_an_installed_man_page(self):
        verbs = re.findall(r"^  ([a-z]+) ", HERE.yates("--help").split("Subcommands:")[1], re.M)
        self.assertIn("study", verbs)
        pages = {path.name for path in (HERE.prefix / "share" / "man" / "man1").iterdir()}
        self.assertEqual(pages, {"yates.1", *(f"yates-{verb}.1" for verb in verbs)})

    def test_module_files_name_no_prefix(self):
        folder = HERE.share / "modulefiles" / "yates"
        self.assertEqual(len(list(folder.iterdir())), 2)
        for path in folder.iterdir():
            self.assertNotIn("@", path.read_text(), path)


class DataSet(unittest.TestCase):
    """Small synthetic cases, imported and split, in a folder of their own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=HERE.root))
        HERE.yates("data", "phantom", "--out", "cases", "--cases", "6", "--seed", "1",
                   "--shape", "32,32,32", "--difficulty", "0.25", cwd=self.folder)
        HERE.yates("data", "import", "--in", "cases", "--out", "shards", cwd=self.folder)
        HERE.yates("data", "split", "--data", "shards", "--out", "split.json", cwd=self.folder)


class Study(DataSet):
    def test_is_planned_submitted_and_analysed_from_any_folder(self):
        study = str(HERE.share / "configs" / "studies" / "demo.yaml")
        self.assertIn("runs", HERE.yates("study", "plan", study, cwd=self.folder))
        for site in ("generic", str(HERE.share / "slurm" / "sites" / "generic.yaml")):
            text = HERE.yates("study", "submit", study, "--site", site, "--dry-run",
                              cwd=self.folder)
            self.assertIn(f"yates='{HERE.prefix / 'bin' / 'yates'}'", text)
            self.assertIn(str(HERE.share / "slurm" / "sites" / "generic.yaml"), text)
        refused = HERE.run(["yates", "study", "submit", study, "--site", "genric", "--dry-run"],
                           self.folder)
        self.assertEqual(refused.returncode, 66)
        self.assertIn("did you mean 'generic'?", refused.stderr)

    def test_report_needs_no_file_beside_the_program(self):
        shutil.copy(REPOSITORY / "docs" / "examples" / "cells.csv", self.folder)
        HERE.yates("analyze", "--table", "cells.csv", "--factors", "relocate,prune", "--response",
                   "dice", "--out", "report", cwd=self.folder)
        for name in ("report.html", "report.md", "effects.json"):
            self.assertTrue((self.folder / "report" / name).is_file(), name)


if WITH_WORKER:
    class Training(DataSet):
        def test_a_run_trains_and_predicts(self):
            shutil.copy(HERE.share / "configs" / "smoke.yaml", self.folder / "run.yaml")
            HERE.yates("train", "--config", "run.yaml", "data.dir=shards", "data.split=split.json",
                       "data.patch=[32,32,32]", "run.dir=run", "train.epochs=1",
                       "train.steps_per_epoch=2", cwd=self.folder)
            self.assertIn('"state": "done"', (self.folder / "run" / "status.json").read_text())
            HERE.yates("predict", "--run", "run", "--data", "shards", "--out", "maps", "--tta",
                       "none", cwd=self.folder)
            HERE.yates("evaluate", "--predictions", "maps", "--references", "cases", "--out",
                       "cases.csv", cwd=self.folder)

    class LibTorch(unittest.TestCase):
        def test_of_the_prefix_comes_before_that_of_the_build(self):
            HERE.install(HERE.prefix, "--component", "libtorch")
            bundled = HERE.prefix / "lib" / "yates"
            try:
                listed = HERE.run(["ldd", str(HERE.prefix / "libexec" / "yates" / "yates-worker")])
                places = {line.split()[0]: line.split("=>")[1].rsplit("(", 1)[0].strip()
                          for line in listed.stdout.splitlines() if "=>" in line}
                for name in ("libtorch_cpu.so", "libc10.so", "libcudart.so.13"):
                    if name in places:
                        place = pathlib.Path(places[name]).resolve()
                        self.assertIn(bundled.resolve(), place.parents, name)
                self.assertIn("libtorch_cpu.so", places)
                self.assertIn("parameters", HERE.yates("model", "summary", "model.width=8",
                                                       "data.patch=[32,32,32]"))
            finally:
                shutil.rmtree(bundled)

        def test_that_has_gone_is_reported_with_its_fix(self):
            broken = HERE.root / "broken"
            broken.mkdir()
            (broken / "libtorch_cpu.so").touch()
            result = HERE.run(["yates", "doctor"], LD_LIBRARY_PATH=str(broken))
            self.assertEqual(result.returncode, 74)
            self.assertIn("does not start", result.stderr)
            self.assertIn("--component libtorch", result.stderr)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="yates-install-") as temporary:
        HERE = Installation(pathlib.Path(temporary).resolve())
        outcome = unittest.main(argv=sys.argv[:1], exit=False).result
    sys.exit(0 if outcome.wasSuccessful() else 1)
