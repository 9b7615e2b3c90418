#!/usr/bin/python3
"""`zarish schema` and `zarish check` agree: what the examples hold fits the schema, and what check
refuses by its tables the schema refuses too. Skipped (77) where python3-jsonschema or python3-yaml
is missing.
"""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[2]
ZARISH = os.environ.get("ZARISH", str(ROOT / "build" / "zarish"))
CHANNEL = {"channel": "c", "source": {"type": "hl7_v2", "listen": "mllp://127.0.0.1:1"}}


def documents():
    for file in sorted((ROOT / "examples").rglob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            yield file.name, document


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(subprocess.run([ZARISH, "schema"], capture_output=True, check=True,
                                               timeout=30).stdout)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def check(self, document):
        """Does `zarish check` take it?"""
        done = subprocess.run([ZARISH, "check", "/dev/stdin"], input=json.dumps(document).encode(),
                              capture_output=True, timeout=30)
        return done.returncode == 0

    def test_the_examples_fit(self):
        n = 0
        for name, document in documents():
            with self.subTest(name):
                n += 1
                self.validator.validate(document)
        self.assertGreaterEqual(n, 8)

    def test_source_is_described_by_the_connectors(self):
        rows = [
            ("as it is", {}, True),
            ("an option of MLLP", {"maxMessage": "1m"}, True),
            ("a list", {"allow": ["10.0.0.0/8"]}, True),
            ("HTTP", {"type": "rest_api", "listen": "http://127.0.0.1:1/in", "maxBody": 1024}, True),
            ("an unknown option", {"maxMesage": "1m"}, False),
            ("an unknown type", {"type": "hl7v2"}, False),
            ("no type", {"type": None}, False),
            ("no address", {"listen": None}, False),
            ("a number for an address", {"listen": 2575}, False),
            ("a text for a list", {"allow": "10.0.0.0/8"}, False),
            ("out of range", {"maxConnections": 0}, False),
        ]
        for name, change, fits in rows:
            with self.subTest(name):
                document = dict(CHANNEL)
                source = document["source"] | change
                document["source"] = {k: v for k, v in source.items() if v is not None}
                self.assertEqual(self.validator.is_valid(document), fits)
                self.assertEqual(self.check(document), fits)

    def test_integrations_may_be_written_shorter(self):
        auth = {"type": "oauth2", "tokenUrl": "https://t/", "clientId": "x",
                "clientSecret": "${env:ZARISH_X}"}
        rows = [
            ("as it is", {}, {}, True),
            ("requests a second", {"rateLimit": 5}, {}, True),
            ("the whole rate limit", {"rateLimit": {"requests": 5, "per": "1m"}}, {}, True),
            ("a rate in words", {"rateLimit": "fast"}, {}, False),
            ("scopes as a list", {}, {"authentication": auth | {"scopes": ["a", "b"]}}, True),
            ("scopes as a text", {}, {"authentication": auth | {"scopes": "a b"}}, True),
            ("scopes as a number", {}, {"authentication": auth | {"scopes": 1}}, False),
            ("no type: none", {}, {"authentication": {}}, True),
            ("an unknown type", {}, {"authentication": {"type": "digest"}}, False),
            ("a key of another type", {}, {"authentication": auth | {"username": "u"}}, False),
            ("seconds", {}, {"authentication": {"type": "jwt", "secret": "${env:ZARISH_X}",
                                                "expiresIn": 60}}, True),
            ("no time at all", {}, {"authentication": {"type": "jwt", "secret": "${env:ZARISH_X}",
                                                       "expiresIn": 0}}, False),
            ("in clear", {}, {"authentication": {"type": "api_key", "key": "abc"}}, False),
            ("a sealed secret", {}, {"authentication": {
                "type": "api_key", "key": "${secret:integration/a b/authentication.key}"}}, True),
            ("an unknown probe", {"probe": "hard"}, {}, False),
        ]
        for name, endpoint, rest, fits in rows:
            with self.subTest(name):
                document = {"integration": "i", "type": "rest_api", "endpoints": [
                    {"url": "https://h/", "method": "GET"} | endpoint]} | rest
                self.assertEqual(self.validator.is_valid(document), fits)
                self.assertEqual(self.check(document), fits)


if __name__ == "__main__":
    unittest.main()
