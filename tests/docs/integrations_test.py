#!/usr/bin/python3
"""The examples of docs/guide/integrations.md are right: `zarish check` takes each, together they
show every kind of authentication, and what they name is in the reference.
"""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ZARISH = os.environ.get("ZARISH", str(ROOT / "build" / "zarish"))
GUIDE = (ROOT / "docs/guide/integrations.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.M | re.S)


class Examples(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory(prefix="zarish-integrations-")
        self.addCleanup(work.cleanup)
        self.work = Path(work.name)

    def check(self, text):
        file = self.work / "c.yaml"
        file.write_text(text)
        return subprocess.run([ZARISH, "check", str(file)], capture_output=True, text=True,
                              timeout=30)

    def test_each_is_taken(self):
        self.assertGreaterEqual(len(EXAMPLES), 9)
        for text in EXAMPLES:
            with self.subTest(text.splitlines()[0]):
                done = self.check(text)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_mistake_in_any_is_found(self):
        for text in EXAMPLES:
            with self.subTest(text.splitlines()[0]):
                done = self.check(text.replace("endpoints:", "endpionts:"))
                self.assertEqual(done.returncode, 1)
                self.assertIn('did you mean "endpoints"?', done.stdout)

    def test_every_authentication_is_shown(self):
        reference = (ROOT / "docs/reference/configuration.md").read_text()
        row = re.search(r"^\| `authentication` \| .*$", reference, re.M).group()
        types = re.findall(r"`(\w+)` \[\w+\]", row)
        self.assertGreaterEqual(len(types), 6)
        for kind in types:
            with self.subTest(kind):
                self.assertRegex(GUIDE, rf"(?m)^### {kind}$")
                self.assertRegex(GUIDE, rf"type: {kind}\b")

    def test_every_type_is_listed(self):
        for kind in ("rest_api", "fhir_api", "hl7_v2", "websocket", "file_transfer", "database"):
            self.assertRegex(GUIDE, rf"(?m)^\| `{kind}` \|")


if __name__ == "__main__":
    unittest.main()
