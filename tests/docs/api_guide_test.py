#!/usr/bin/python3
"""docs/guide/api.md does what it says: each of its commands runs against a real engine, in order,
and is answered well, but the one that shows an error.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scen"))
from engine import LIMIT, ROOT, Engine, Receiver  # noqa: E402

GUIDE = ROOT / "docs/guide/api.md"


def commands():
    """Every command of the page's shell blocks, with the lines it goes on in."""
    for block in re.findall(r"(?ms)^```sh\n(.*?)^```", GUIDE.read_text()):
        for command in re.split(r"\n(?=curl |export )", block.strip()):
            if command.startswith("curl "):
                yield command


class Guide(unittest.TestCase):
    def test_every_command_works(self):
        with tempfile.TemporaryDirectory(prefix="zarish-guide-") as work, Receiver() as receiver, \
                Engine(work, "engine: e\n") as engine:
            engine.start()
            env = dict(os.environ, ZARISH_URL=engine.endpoint["url"], ZARISH_KEY=engine.key)
            n = 0
            for command in commands():
                with self.subTest(command):
                    n += 1
                    command = command.replace("127.0.0.1:8580", f"127.0.0.1:{receiver.port}")
                    done = subprocess.run(
                        ["bash", "-c", command.replace("curl ", "curl -w '\\n%{http_code}' ", 1)],
                        env=env, capture_output=True, text=True, timeout=LIMIT)
                    body, status = done.stdout.rsplit("\n", 1)
                    if command.rstrip().endswith("/nobody"):
                        self.assertEqual(status, "404", body)
                        self.assertEqual(json.loads(body)["detail"],
                                         "Integration not found: nobody")
                    else:
                        self.assertRegex(status, r"^20[01]$", body)
                    self.assertNotIn("the-key-in-clear", body)
            self.assertGreaterEqual(n, 15)
            self.assertEqual([json.loads(b) for b in receiver.bodies if b.startswith(b"{")],
                             [{"code": "718-7", "value": 7.2}])
            self.assertEqual(receiver.bodies[-1], b"as it stands")


if __name__ == "__main__":
    unittest.main()
