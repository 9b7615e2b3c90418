#!/usr/bin/python3
"""Where connections may go: endpoints, tests and token servers stay within the engine's `outbound`.

The receiver and the token server are on loopback and would answer anybody; what is asserted is that
nobody asks them.
"""
import json
import tempfile
import unittest

from engine import Engine, Mllp, Receiver, message, wait_for

API = "/api/v1"

CONFIG = """
engine: outgoing
outbound: { %s }
---
integration: lab
type: rest_api
endpoints:
  - { name: in, url: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/in", method: POST }
---
integration: device
type: hl7_v2
endpoints:
  - { name: in, url: "mllp://127.0.0.1:${env:ZARISH_RECEIVER:-1}" }
---
integration: cloud
type: rest_api
authentication: { type: oauth2, clientId: zarish, clientSecret: "${env:ZARISH_SECRET}",
                  tokenUrl: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/token" }
endpoints:
  - { name: in, url: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/in", method: POST }
---
channel: adt-in
source: { type: hl7_v2, listen: "mllp://127.0.0.1:0" }
destinations:
  - { to: lab/in }
"""


class Outbound(unittest.TestCase):
    def start(self, limits):
        work = tempfile.TemporaryDirectory(prefix="zarish-outgoing-")
        self.addCleanup(work.cleanup)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        engine = Engine(work.name, CONFIG % limits, ZARISH_SECRET="s3cret",
                        ZARISH_RECEIVER=str(self.receiver.port))
        self.addCleanup(engine.__exit__)
        return engine.start()

    def probe(self, engine, name):
        """What the test of an integration's one endpoint says."""
        status, _, body = engine.request("POST", f"{API}/integrations/{name}/test")
        self.assertEqual(status, 200)
        record = json.loads(body)["endpoints"][0]
        return record["success"], record["error"]

    def no_way_out(self, limits):
        engine = self.start(limits)
        for name, error in (("lab", "connections to this address are not allowed"),
                            ("device", "no address of the host may be connected to"),
                            ("cloud", "connections to this address are not allowed")):
            with self.subTest(name):
                self.assertEqual(self.probe(engine, name), (False, error))
        with Mllp(engine.address("adt-in")) as peer:
            self.assertEqual(peer.call(message("O1"))[0], "AA")
        wait_for("the message waits", lambda: any(
            item["delivery"] in ("queued", "retrying") for item in engine.find("O1")))
        self.assertEqual(self.receiver.bodies, [])
        self.assertEqual(engine.stop(), 0)

    def test_denied(self):
        self.no_way_out('deny: [ 127.0.0.0/8 ]')

    def test_not_among_the_allowed(self):
        self.no_way_out('allow: [ 10.0.0.0/8, "::1" ]')

    def test_allowed(self):
        engine = self.start('allow: [ 127.0.0.1 ], deny: [ 10.0.0.0/8 ]')
        self.assertEqual(self.probe(engine, "lab"), (True, None))
        with Mllp(engine.address("adt-in")) as peer:
            self.assertEqual(peer.call(message("O2"))[0], "AA")
        wait_for("it is delivered", lambda: self.receiver.bodies)
        self.assertEqual(engine.stop(), 0)


if __name__ == "__main__":
    unittest.main()
