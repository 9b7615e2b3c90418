#!/usr/bin/python3
"""README.md does what it says: each command of its shell blocks runs, against a real engine.

The commands run in the README's order in a folder that looks like a clone; what README leaves to
its reader (a file, an id) and what must not be fixed in a test (ports) is put in by `Readme.fill`.
"""
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scen"))
from engine import LIMIT, ROOT, ZARISH, Receiver, wait_for  # noqa: E402

README = (ROOT / "README.md").read_text()


def shell_lines():
    """Every line of an indented block that is a command, without its comment."""
    for line in README.splitlines():
        found = re.match(r"    ((?:build/zarish|make) .*?)(?:\s{2,}#.*)?$", line)
        if found:
            yield found.group(1).strip()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Readme(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory(prefix="zarish-readme-")
        self.addCleanup(work.cleanup)
        self.work = Path(work.name)
        (self.work / "build").mkdir()
        (self.work / "build/zarish").symlink_to(Path(ZARISH).resolve())
        (self.work / "examples").symlink_to(ROOT / "examples")
        quickstart = ROOT / "examples/quickstart"
        (self.work / "sample.hl7").write_bytes((quickstart / "messages/01-adt-a01.hl7").read_bytes())
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.mllp = free_port()
        self.engine = None
        self.identity = None

    def fill(self, line):
        document = "examples/quickstart/expected/01-adt-a01.json"
        line = line.replace("fhir path FILE", f"fhir path {document}")
        line = line.replace("FILE", "sample.hl7").replace(":2575", f":{self.mllp}")
        return re.sub(r"\b[0-9a-f]{8}-\d+\b", lambda m: self.identity or m.group(), line)

    def run_line(self, line):
        done = subprocess.run(shlex.split(self.fill(line)), cwd=self.work, capture_output=True,
                              text=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def serve(self, line):
        log = open(self.work / "log", "wb")
        self.addCleanup(log.close)
        words = shlex.split(self.fill(line)) + ["--listen", "127.0.0.1:0"]
        self.engine = subprocess.Popen(words, cwd=self.work, stdout=log, stderr=log)
        self.addCleanup(self.engine.wait, LIMIT)
        self.addCleanup(self.engine.terminate)
        wait_for("the engine is up", (self.work / "zarish-data/endpoint.json").exists)

    def own_ports(self):
        """The configuration that `init` wrote, with the ports of this test."""
        file = self.work / "zarish.yaml"
        text = file.read_text()
        self.assertIn("mllp://127.0.0.1:2575", text)
        file.write_text(text.replace(":2575", f":{self.mllp}")
                        .replace(":8580", f":{self.receiver.port}"))

    def test_every_command_works(self):
        n = 0
        for line in (x for x in shell_lines() if x.startswith("build/zarish")):
            with self.subTest(line):
                n += 1
                if " serve " in line:
                    self.serve(line)
                    continue
                out = self.run_line(line)
                if " init " in line:
                    self.own_ports()
                elif " get messages" in line:
                    self.identity = re.search(r"\b[0-9a-f]{8}-\d+\b", out).group()
                elif " send " in line:
                    self.assertIn("AA", out)
                    wait_for("the message arrived", lambda: self.receiver.bodies)
                elif " validate " not in line:  # that one is silent when nothing is wrong
                    self.assertTrue(out.strip(), line)
        self.assertGreaterEqual(n, 11)

    def test_every_make_target_exists(self):
        makefile = (ROOT / "Makefile").read_text()
        targets = re.findall(r"(?:`|^    )make ([a-z-]+)", README, re.M)
        self.assertIn("run", targets)
        for target in targets:
            self.assertRegex(makefile, rf"(?m)^{target}:", target)

    def test_the_yaml_is_a_configuration(self):
        quickstart = ROOT / "examples/quickstart"
        documents = (quickstart / "zarish.yaml").read_text().split("\n---\n")
        kept = [x for x in documents if not re.search(r"(?m)^channel:", x)]
        for page in (ROOT / "README.md", ROOT / "docs/guide/channels.md"):
            with self.subTest(page.name):
                shown = re.findall(r"(?ms)^```yaml\n(.*?)^```", page.read_text())
                self.assertTrue(shown)
                (self.work / "a.yaml").write_text("\n---\n".join(kept + shown))
                done = subprocess.run([ZARISH, "check", "a.yaml", quickstart / "mappings.yaml"],
                                      cwd=self.work, capture_output=True, text=True, timeout=LIMIT)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_demo_prints_what_is_shown(self):
        done = subprocess.run([ZARISH, "demo"], cwd=self.work, capture_output=True, text=True,
                              timeout=LIMIT)

        def without_times(text):
            return re.sub(r" +(\d+\.\d|MS)$", "", text.strip(), flags=re.M)
        shown = re.search(r"(?ms)^```\n(CONTROL ID.*?)^```", README).group(1)
        self.assertEqual(without_times(done.stdout), without_times(shown))


if __name__ == "__main__":
    unittest.main()
