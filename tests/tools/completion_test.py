#!/usr/bin/env python3
"""Completion in real shells, and man pages in real formatters.

Arguments: the yates executable, what to try it with (bash, zsh, fish, groff, mandoc), then `worker`
if verbs with tensors are built."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

YATES = sys.argv[1]
PROGRAM = sys.argv[2]
WITH_WORKER = sys.argv[3:] == ["worker"]
CLASSES = {"bash": ["Completion", "Files", "Pages"], "zsh": ["Completion"], "fish": ["Completion"],
           "groff": ["Rendering", "Terminal"], "mandoc": ["Rendering"]}
LINT = {"groff": ["groff", "-man", "-ww", "-rF0", "-z", "-Tutf8"],
        "mandoc": ["mandoc", "-T", "lint", "-W", "warning"]}
TIMEOUT_S = 120

BASH = r"""
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_yates
printf '%s\n' "${COMPREPLY[@]}"
"""
# The completion system is replaced by functions that print what it would be asked to offer.
ZSH = r"""
compdef() { }
compset() { PREFIX=1 }
compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- $@ }
_files() { print -l -- ${~${2:-*}}(N) }
_path_files() { print -l -- *(/N) }
source $1
shift
words=("$@")
CURRENT=$#
_yates
"""


def words_of(line):
    """The words of a command line as readline cuts them: also at "="."""
    return [part for word in line.split(" ") for part in (re.split("(=)", word) if "=" in word
                                                          else [word])]


class Shell:
    """What each shell offers for a line that ends where TAB is pressed, in a folder with files."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "cases").mkdir()
        for name in ("study.yaml", "table.csv", "notes.txt"):
            (folder / name).write_text("")
        self.script = folder / ".completion"
        if PROGRAM in ("bash", "zsh", "fish"):
            self.script.write_text(self.run([YATES, "completion", PROGRAM]))

    def offered(self, line):
        return getattr(self, PROGRAM)(line)

    def run(self, words):
        result = subprocess.run(words, cwd=self.folder, capture_output=True, text=True,
                                timeout=TIMEOUT_S)
        if result.returncode != 0 or result.stderr:
            raise AssertionError(f"{words}: exit {result.returncode}\n{result.stdout[-2000:]}"
                                 f"{result.stderr[-2000:]}")
        return result.stdout

    def bash(self, line):
        words = words_of(line)
        if words[-1] == "" and len(words) > 1 and words[-2] == "=":
            words.pop()
        return self.lines(self.run(["bash", "--norc", "-c", BASH, "bash",
                                      str(self.script), *words]))

    def zsh(self, line):
        typed = line.split(" ")[-1]
        typed = typed.split("=")[-1] if "=" in typed else typed
        offers = self.run(["zsh", "-f", "-c", ZSH, "zsh", str(self.script),
                           *line.split(" ")])
        return {word for word in self.lines(offers) if word.startswith(typed)}

    def fish(self, line):
        text = self.run(["fish", "--no-config", "-c", 'source $argv[1]; complete -C"$argv[2]"',
                         str(self.script), line])
        words = {word.split("\t")[0].rstrip("/") for word in text.splitlines()}
        return {re.sub("^[^=]*=(?=.)", "", word) for word in words}

    @staticmethod
    def lines(text):
        return {word.rstrip("/") for word in text.splitlines() if word}


class Completion(unittest.TestCase):
    def test_verbs_and_their_verbs(self):
        self.assertEqual(SHELL.offered("yates e"), {"evaluate"})
        self.assertLessEqual({"config", "data", "study", "train", "bench"}, SHELL.offered("yates "))
        self.assertEqual(SHELL.offered("yates study su"), {"submit"})
        self.assertNotIn("plan", SHELL.offered("yates data "))

    def test_what_the_help_hides_is_not_offered(self):
        self.assertFalse({"completion", "manual", "describe", "rank"} & SHELL.offered("yates "))

    def test_options_of_the_verb(self):
        self.assertEqual(SHELL.offered("yates study submit --d"), {"--dry-run"})
        self.assertEqual(SHELL.offered("yates study submit study.yaml --ch"), {"--check"})
        self.assertFalse(SHELL.offered("yates study status --dry"))

    def test_values_that_are_known(self):
        self.assertEqual(SHELL.offered("yates study run study.yaml --srun-gpus "),
                         {"gres", "per_node", "none"})
        self.assertEqual(SHELL.offered("yates data import --in cases --labels brats2021"),
                         {"brats2021"})
        self.assertEqual(SHELL.offered("yates study submit study.yaml --site gen"), {"generic"})

    def test_a_value_after_an_equals_sign(self):
        self.assertEqual(SHELL.offered("yates study run study.yaml --srun-gpus=per"), {"per_node"})

    def test_keys_of_configurations_and_their_values(self):
        self.assertIn("model.width=", SHELL.offered("yates config check study.yaml model.w"))
        self.assertEqual(SHELL.offered("yates config check study.yaml evaluate.tta=mi"),
                         {"mirror8"})
        self.assertEqual(
            SHELL.offered("yates config check study.yaml model.width=8 train.deterministic=t"),
            {"true"})

    def test_files_by_kind_and_folders(self):
        self.assertIn("study.yaml", SHELL.offered("yates study plan st"))
        self.assertIn("cases", SHELL.offered("yates data import --in "))
        self.assertNotIn("notes.txt", SHELL.offered("yates data import --in "))

    def test_options_of_the_worker_where_it_is_built(self):
        expected = {"mirror8", "none"} if WITH_WORKER else set()
        self.assertEqual(SHELL.offered("yates predict --tta ") & {"mirror8", "none"}, expected)
        self.assertEqual(SHELL.offered("yates bench sca"),
                         {"scaling", "scan"} if WITH_WORKER else set())


class Files(unittest.TestCase):
    def test_of_the_right_extension_alone(self):
        self.assertEqual(SHELL.offered("yates study plan "), {"study.yaml", "cases"})
        self.assertEqual(SHELL.offered("yates analyze --table "), {"table.csv", "cases"})


class Manual(unittest.TestCase):
    def setUp(self):
        SHELL.run([YATES, "manual", "--out", "man1"])
        self.pages = sorted((SHELL.folder / "man1").iterdir())


class Pages(Manual):
    def test_names_every_verb_option_and_example_of_the_help(self):
        text = (SHELL.folder / "man1" / "yates-study.1").read_text().replace("\\-", "-")
        for help_words in (["study", "submit"], ["study", "power"]):
            for option in re.findall(r"--[a-z][a-z-]+", SHELL.run([YATES, *help_words, "--help"])):
                self.assertIn(option, text)
        self.assertIn("yates study submit study.yaml --site generic", text)

    def test_equal_builds_write_equal_pages(self):
        SHELL.run([YATES, "manual", "--out", "again"])
        for page in self.pages:
            self.assertEqual(page.read_bytes(), (SHELL.folder / "again" / page.name).read_bytes())


class Rendering(Manual):
    def test_gives_no_warnings(self):
        for page in self.pages:
            with self.subTest(page=page.name):
                self.assertEqual(SHELL.run([*LINT[PROGRAM], str(page)]), "")


class Terminal(Manual):
    def test_shows_options_and_examples_as_they_are_typed(self):
        page = SHELL.run(["groff", "-man", "-Tascii", "-P-c", "-P-u", "-P-o", "-P-b",
                          str(SHELL.folder / "man1" / "yates-study.1")])
        self.assertIn("--dry-run", page)
        self.assertIn("yates study submit study.yaml --site generic", page)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="yates-completion-") as temporary:
        SHELL = Shell(pathlib.Path(temporary).resolve())
        outcome = unittest.main(argv=[sys.argv[0], *CLASSES[PROGRAM]], exit=False).result
    sys.exit(0 if outcome.wasSuccessful() else 1)
