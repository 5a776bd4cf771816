#!/usr/bin/env python3
"""tools/bench/performance.py: a lost ratio is found, noise is not, and the page is of the figures.

Argument: the repository."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(sys.argv.pop(1))


def row(ours, peer, size="tokens=512", unit="ms"):
    def spread(values):
        return {"median": sorted(values)[1], "min": min(values), "max": max(values), "n": 3}

    result = {"name": "scan forward", "size": size, "unit": unit, "ours": spread(ours),
              "peer": None, "ratio": None, "machine": "M", "threads": 2}
    if peer:
        result["peer"] = {"name": "P 1.0", **spread(peer)}
        ratio = result["peer"]["median"] / result["ours"]["median"]
        result["ratio"] = 1 / ratio if unit.endswith("/s") else ratio
    return result


class Performance(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.old = pathlib.Path(self.folder.name, "old")
        self.new = pathlib.Path(self.folder.name, "new")
        for folder in (self.old, self.new):
            folder.mkdir()

    def compare(self, old, new):
        (self.old / "scan.json").write_text(json.dumps(old))
        (self.new / "scan.json").write_text(json.dumps(new))
        return self.tool("compare", str(self.new), "scan")

    def tool(self, *arguments):
        return subprocess.run(
            [sys.executable, REPOSITORY / "tools/bench/performance.py", "--results", self.old,
             *arguments], capture_output=True, text=True)

    def test_equal_ratios_pass_on_a_slower_machine(self):
        result = self.compare([row([1, 2, 3], [10, 20, 30])], [row([5, 10, 15], [50, 100, 150])])
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_a_lost_ratio_fails(self):
        result = self.compare([row([1, 2, 3], [10, 20, 30])], [row([2, 3, 4], [10, 20, 30])])
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("WORSE", result.stdout)

    def test_a_rate_is_better_high(self):
        old = [row([10, 20, 30], [1, 2, 3], unit="crops/s")]
        self.assertEqual(self.compare(old, [row([20, 40, 60], [1, 2, 3], unit="crops/s")])
                         .returncode, 0)
        self.assertEqual(self.compare(old, [row([5, 10, 15], [1, 2, 3], unit="crops/s")])
                         .returncode, 1)

    def test_a_disturbed_median_whose_best_is_as_before_passes(self):
        result = self.compare([row([1, 2, 3], [10, 20, 30])], [row([1, 9, 9], [10, 20, 30])])
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_a_row_or_peer_that_is_gone_fails(self):
        old = [row([1, 2, 3], [10, 20, 30])]
        self.assertEqual(self.compare(old, []).returncode, 1)
        self.assertEqual(self.compare(old, [row([1, 2, 3], None)]).returncode, 1)

    def test_an_unknown_name_is_refused(self):
        result = self.tool("compare", str(self.new), "scann")
        self.assertEqual(result.returncode, 2)
        self.assertIn("instance-norm", result.stderr)

    def test_the_page_holds_the_figures(self):
        page = pathlib.Path(self.folder.name, "page.md")
        page.write_text("# Title\n\n<!-- table: tools/bench/performance.py page -->\nold\n"
                        "<!-- end of table -->\ntail\n")
        (self.old / "scan.json").write_text(json.dumps([row([1, 2, 3], [10, 20, 30])]))
        self.assertNotEqual(self.tool("page", "--page", str(page), "--check").returncode, 0)
        self.assertEqual(self.tool("page", "--page", str(page)).returncode, 0)
        self.assertEqual(self.tool("page", "--page", str(page), "--check").returncode, 0)
        text = page.read_text()
        self.assertIn("| scan forward | tokens=512 | 2 ms | P 1.0: 20 | 10 (best 10) | 2 | M |",
                      text)
        self.assertTrue(text.startswith("# Title\n") and text.endswith("tail\n"))

    def test_the_committed_page_is_of_the_committed_figures(self):
        result = subprocess.run([sys.executable, REPOSITORY / "tools/bench/performance.py", "page",
                                 "--check"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
