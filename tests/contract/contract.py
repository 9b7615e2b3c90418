"""What the contract's test files share: one engine for a class, calls of its API, and the guide's
shapes. Expectations are the guide's (and DESIGN's where it says to do better), written out.
"""
import contextlib
import itertools
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scen"))
# pylint: disable=wrong-import-position
from engine import Engine, Mllp, message, wait_for  # noqa: E402,F401

from peers import Answer, BreakOff, Peer, answer, closed_port  # noqa: E402,F401

API = "/api/v1"
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

CONFIG = "engine: contract\n"


class Reply:
    """status, headers, text; .json parses it."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.text = status, headers, body.decode()

    @property
    def json(self):
        return json.loads(self.text)


class Contract(unittest.TestCase):
    config = CONFIG
    variables = {}
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.work = Path(cls.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="zarish-contract-")))
        cls.counter = itertools.count(1)
        cls.peer = cls.stack.enter_context(Peer())
        cls.before()
        cls.engine = cls.stack.enter_context(Engine(cls.work, cls.config, **cls.variables)).start()

    @classmethod
    def before(cls):
        """More peers, files, configuration: before the engine starts."""

    def name(self, stem="lab"):
        return f"{stem}-{next(self.counter)}"

    @classmethod
    def call(cls, method, path, body=None, key=None, headers=None):
        head = dict(headers or {})
        data = None
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        return Reply(*cls.engine.request(method, API + path, key, data, head))

    def ok(self, method, path, body=None, status=200):
        got = self.call(method, path, body)
        self.assertEqual(got.status, status, f"{method} {path}: {got.text[:600]}")
        return got.json

    def integration(self, name=None, path="/in", **over):
        """An integrationConfig that works; over replaces members, None removes one."""
        config = {
            "name": name or self.name(), "type": "rest_api",
            "endpoints": [{"name": "in", "url": self.peer.url(path), "method": "POST"}],
            **over,
        }
        return {k: v for k, v in config.items() if v is not None}

    def initialize(self, config=None, status=201, **over):
        return self.ok("POST", "/integrations", config or self.integration(**over), status)

    def endpoint_path(self, record, at=0):
        return f"/integrations/{record['id']}/endpoints/{quote(record['endpoints'][at]['id'])}"

    def execute(self, record, data=None, at=0, **options):
        """The Reply of one execution."""
        body = {"data": data, "options": options} if options else {"data": data}
        return self.call("POST", self.endpoint_path(record, at) + "/execute", body)

    def executed(self, record, data=None, at=0, **options):
        got = self.execute(record, data, at, **options)
        self.assertEqual(got.status, 200, got.text[:600])
        return got.json

    def failed(self, record, status, data=None, at=0, **options):
        """The execution within a failed execute's problem document."""
        got = self.execute(record, data, at, **options)
        self.assertEqual(got.status, status, got.text[:600])
        self.assertEqual(got.headers["Content-Type"], "application/problem+json")
        self.assertIn("execution", got.json)
        return got.json["execution"]

    def assert_members(self, record, *names):
        missing = [n for n in names if n not in record]
        self.assertEqual(missing, [], f"of {sorted(record)}")

    def assert_uuid(self, text):
        self.assertRegex(text, UUID)

    def assert_time(self, text):
        self.assertRegex(text, TIME)
