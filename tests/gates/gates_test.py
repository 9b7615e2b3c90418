#!/usr/bin/python3
"""The gates of tools/, each seen to fail on a tree that breaks what it guards, and to pass on one
that does not."""
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

GOOD = {
    "src/json/json.h": '#include "base/err.h"\nint json_parse(int n);\n',
    "src/base/err.h": "#ifndef E_H\n#define E_H\nstruct err { int code; };\n#endif\n",
    "src/json/json.c": '#include "json/json.h"\nint json_parse(int n) { return fail(n, "JSON-001"); }\n',
    "src/json/codes.c": 'const struct err_code json_codes[] = {\n    { "JSON-001", "m", "a" },\n};\n',
    "src/base/banned.h": "",
    "src/base/events.tbl": 'EVENT(EV_A, LOG_INFO, "a", "A.", "none")\nEVENT(EV_B, LOG_INFO, "b", "B.", "none")\n',
    "src/net/loop.h": "/* Thread loop */\nvoid loop_run(void);\n",
    "README.md": "See [the guide](docs/guide.md) and `code](x.md)`.\n\n```\n[not a link](y.md)\n```\n",
    "docs/guide.md": "Back to [the front](../README.md#top), or [out](https://example.org/).\n",
    "docs/guarantees.md": "- It parses: `src/json/parse_test.c:nested_is_refused`, `json/parse_test.c`.\n",
    "src/app/program.c": "{ json_codes }, { net_codes },\n",
    "src/json/CMakeLists.txt": "zs_library(json\n    SOURCES json.c more.c codes.c\n    TESTS parse_test)\n",
    "src/base/CMakeLists.txt": "zs_library(base SOURCES more.c)\n",
    "src/net/CMakeLists.txt": "zs_library(net SOURCES loop.c poll.c)\n",
    "src/flow/CMakeLists.txt": "zs_library(flow SOURCES lane.c TESTS lane_test)\n",
    "src/flow/lane_test.c": '#include "store/mem/mem.h"\n',
    "src/json/peer.h": '#include "tests/lib/t.h"\n',
    "tests/lib/t.h": "",
    "src/json/parse_test.c": "static void nested_is_refused(void **state) {}\n",
}

# name, gate, file and text that break the good tree, words the gate must say
BROKEN = [
    ("an include of a folder above", "check-layers", "src/json/json.c", '#include "flow/lane.h"\n', 'json may not see "flow/lane.h"'),
    ("an include without its folder", "check-layers", "src/json/json.c", '#include "json.h"\n', 'write "json/json.h"'),
    ("a connector that sees another", "check-layers", "src/connector/mllp/send.c", '#include "connector/http/http.h"\n', "may not see"),
    ("a connector that sees the store", "check-layers", "src/connector/mllp/send.c", '#include "store/store.h"\n', "may not see"),
    ("OpenSSL outside crypt and net", "check-layers", "src/json/json.c", "#include <openssl/evp.h>\n", "json may not see <openssl/evp.h>"),
    ("a header that nobody may include", "check-layers", "src/net/poll.c", "#include <sys/epoll.h>\n", "may not see <sys/epoll.h>"),
    ("a folder without a rule", "check-layers", "src/newfolder/a.c", '#include "base/err.h"\n', "no line in tools/layers.txt"),
    ("a product file that sees what its tests may", "check-layers", "src/flow/lane.c", '#include "store/mem/mem.h"\n', "flow may not see"),
    ("a product file that sees a test's header", "check-layers", "src/json/json.c", '#include "tests/lib/t.h"\n', 'may not see "tests/lib/t.h"'),
    ("a product file that sees a header for tests", "check-layers", "src/json/json.c", '#include "json/peer.h"\n', '"json/peer.h" is for tests'),
    ("a table that explain does not have", "check-codes", "src/app/program.c", "{ net_codes },\n", "`zarish explain` does not have it"),
    ("an id without a row", "check-codes", "src/json/more.c", 'f("JSON-002");\n', "JSON-002 has no row"),
    ("a row without use", "check-codes", "src/json/json.c", "/* \"JSON-001\" */\n", "JSON-001 is used nowhere"),
    ("rows out of order", "check-codes", "src/json/codes.c", 'const struct err_code json_codes[] = {\n{ "JSON-009", "m", "a" },\n{ "JSON-001", "m", "a" },\n', "not sorted"),
    ("one id in two tables", "check-codes", "src/net/codes.c", 'const struct err_code net_codes[] = {\n{ "JSON-001", "m", "a" },\n', "stands in"),
    ("an id of a folder above", "check-codes", "src/base/more.c", 'f("JSON-001");\n', "JSON-001: no codes.c"),
    ("an id in a folder without a table", "check-codes", "src/net/loop.c", 'f("NET-001");\n', "no codes.c"),
    ("a link that leads nowhere", "check-docs", "README.md", "[gone](docs/gone.md)\n", "README.md:1: leads nowhere: docs/gone.md"),
    ("a guarantee whose file is missing", "check-docs", "docs/guarantees.md", "`json/gone_test.c:x`\n", "no such test: json/gone_test.c"),
    ("a guarantee whose test is missing", "check-docs", "docs/guarantees.md", "`json/parse_test.c:gone`\n", "has no gone"),
    ("an event symbol twice", "check-docs", "src/base/events.tbl", 'EVENT(EV_A, L, "a")\nEVENT(EV_A, L, "c")\n', "EV_A stands in line 1"),
    ("an event name twice", "check-docs", "src/base/events.tbl", 'EVENT(EV_A, L, "a")\nEVENT(EV_B, L, "a")\n', "a stands in line 1"),
    ("no word on threads", "check-docs", "src/net/loop.h", "void loop_run(void);\n", "does not say which thread"),
    ("a header that needs another", "check-headers", "src/json/json.h", "struct s { struct err e; };\n", "does not compile alone"),
]


class Gates(unittest.TestCase):
    def setUp(self):
        self.tree = Path(tempfile.mkdtemp(prefix="zarish-gates-"))
        self.addCleanup(shutil.rmtree, self.tree)
        shutil.copytree(ROOT / "tools", self.tree / "tools")
        for name, text in GOOD.items():
            self.write(name, text)
        subprocess.run(["git", "init", "-q", self.tree], check=True)

    def write(self, name, text):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_gate(self, gate):
        return subprocess.run([self.tree / "tools" / gate], capture_output=True, text=True, check=False)

    def test_good_tree_passes_every_gate(self):
        for gate in sorted({row[1] for row in BROKEN}):
            with self.subTest(gate):
                done = self.run_gate(gate)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_broken_trees_fail(self):
        for name, gate, file, text, words in BROKEN:
            with self.subTest(name):
                before = (self.tree / file).read_text() if (self.tree / file).exists() else None
                self.write(file, text)
                done = self.run_gate(gate)
                self.assertNotEqual(done.returncode, 0, "passed")
                self.assertIn(words, done.stdout)
                if before is None:
                    (self.tree / file).unlink()
                else:
                    self.write(file, before)


class Counting(unittest.TestCase):
    CASES = [
        ("cmocka", '<testcase name="a" status="run"><system-out>[  PASSED  ] 3 test(s).\n'
                   '[  SKIPPED ] 1 test(s), listed below:\n</system-out></testcase>', "3 0 1"),
        ("cmocka failing", '<testcase name="a" status="fail"><failure/><system-out>[  PASSED  ] 3 test(s).\n'
                           '[  FAILED  ] 2 test(s), listed below:\n</system-out></testcase>', "3 2 0"),
        ("a crash", '<testcase name="a" status="fail"><failure/><system-out>AddressSanitizer</system-out></testcase>', "0 1 0"),
        ("no frame work", '<testcase name="a" status="run"><system-out>fine</system-out></testcase>', "1 0 0"),
        ("unittest", '<testcase name="a" status="fail"><failure/><system-out>Ran 5 tests in 0.1s\n\n'
                     'FAILED (failures=1, errors=1, skipped=1)</system-out></testcase>', "2 2 1"),
        ("unittest passing", '<testcase name="a" status="run"><system-out>Ran 5 tests in 0.1s\n\nOK\n</system-out></testcase>', "5 0 0"),
        ("exit status 77", '<testcase name="a" status="notrun"><skipped/></testcase>', "0 0 1"),
    ]

    def test_rows(self):
        for name, case, want in self.CASES:
            with self.subTest(name), tempfile.NamedTemporaryFile("w", suffix=".xml") as f:
                f.write(f"<testsuite>{case}</testsuite>")
                f.flush()
                done = subprocess.run([ROOT / "tools/count-tests", f.name], capture_output=True, text=True, check=True)
                self.assertEqual(done.stdout.strip(), want)


if __name__ == "__main__":
    unittest.main()
