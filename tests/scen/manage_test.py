#!/usr/bin/python3
"""Configuration that changes while the engine runs: the life of integrations, restarts, kills."""
import json
import random
import tempfile
import threading
import unittest
from pathlib import Path

from engine import Engine, Receiver, message, Mllp, wait_for

API = "/api/v1"


def integration(port, name="lab", **more):
    return {"name": name, "type": "rest_api", **more, "endpoints": [
        {"name": "in", "url": f"http://127.0.0.1:{port}/in", "method": "POST", "timeout": 2000}]}


CHANNEL = {"source": {"type": "hl7_v2", "listen": "mllp://127.0.0.1:0"},
           "destinations": [{"to": "lab/in"}]}


class Manage(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory(prefix="zarish-manage-")
        self.addCleanup(self.work.cleanup)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.engine = self.enterContext(Engine(self.work.name, "engine: manage\n"))

    def call(self, method, path, body=None, headers=None):
        status, head, raw = self.engine.request(
            method, API + path, body=None if body is None else json.dumps(body), headers=headers)
        text = raw.decode()
        kind = head.get("Content-Type", "")
        return status, json.loads(text) if "json" in kind and text else text

    def status_of(self, name):
        code, record = self.call("GET", f"/integrations/{name}")
        return record["status"] if code == 200 else None

    def wait_status(self, name, status):
        wait_for(f"{name} is {status}", lambda: self.status_of(name) == status)

    def test_a_day_in_the_life(self):
        self.engine.start()
        code, record = self.call("POST", "/integrations", integration(self.receiver.port))
        self.assertEqual((code, record["status"]), (201, "active"))
        code, _ = self.call("PUT", "/channels/adt", CHANNEL)
        self.assertIn(code, (200, 201))
        self.deliver("A1")
        changed = integration(self.receiver.port)
        changed["endpoints"][0]["url"] += "/two"
        code, _ = self.call("PUT", "/integrations/lab", changed)
        self.assertEqual(code, 200)
        self.deliver("A2")  # queued by the old one or not: the lane goes on
        self.assertEqual(self.call("DELETE", "/integrations/lab")[0], 409)
        self.assertEqual(self.call("POST", "/channels/adt/pause")[0], 200)
        self.assertEqual(self.call("POST", "/integrations/lab/pause")[0], 200)
        self.engine.stop()
        self.engine.start()
        self.assertEqual(self.status_of("lab"), "paused")
        self.assertEqual(self.call("GET", "/channels/adt")[1]["state"], "paused")
        self.assertEqual(self.call("POST", "/integrations/lab/resume")[0], 200)
        self.assertEqual(self.call("POST", "/channels/adt/resume")[0], 200)
        wait_for("the channel runs",
                 lambda: self.call("GET", "/channels/adt")[1]["state"] == "running")
        self.deliver("A3")
        self.assertEqual(self.call("DELETE", "/channels/adt")[0], 204)
        self.assertEqual(self.call("DELETE", "/integrations/lab")[0], 204)
        self.assertEqual(self.call("GET", "/integrations/lab")[0], 404)
        self.engine.stop()
        self.engine.start()
        self.assertEqual(self.call("GET", "/integrations")[1]["items"], [])

    def deliver(self, control_id):
        url = self.call("GET", "/channels/adt")[1]["listens"]
        host, port = url.removeprefix("mllp://").split(":")
        line = Mllp((host, int(port)))
        self.assertEqual(line.call(message(control_id))[0], "AA")
        line.socket.close()
        self.engine.wait_state(control_id, "delivered")

    def test_a_secret_set_anew_is_in_use_soon(self):
        self.engine.start()
        self.assertEqual(self.call("PUT", "/secrets/lab-key", {"value": "first-key"})[0], 201)
        document = integration(self.receiver.port, authentication={
            "type": "api_key", "key": "${secret:lab-key}"})
        self.assertEqual(self.call("POST", "/integrations", document)[0], 201)
        self.assertEqual(self.keys_sent(), {"first-key"})
        self.assertEqual(self.call("PUT", "/secrets/lab-key", {"value": "second-key"})[0], 200)
        wait_for("the new key is sent", lambda: self.keys_sent() == {"second-key"})

    def keys_sent(self):
        """With which key one call through the endpoint came."""
        self.receiver.api_keys.clear()
        code, _ = self.call("POST", "/integrations/lab/endpoints/in/execute", {"data": {"a": 1}})
        self.assertEqual(code, 200)
        return set(self.receiver.api_keys)

    def test_an_unreachable_one_of_a_file_comes_back(self):
        port = self.receiver.port
        self.receiver.close()
        self.engine.config.write_text(
            "integration: lab\ntype: rest_api\nendpoints:\n"
            f"  - {{ name: in, url: \"http://127.0.0.1:{port}/in\", method: POST }}\n")
        self.engine.start()
        self.wait_status("lab", "failed")
        _, record = self.call("GET", "/integrations/lab")
        self.assertRegex(record["error"], r"^Connectivity test failed: in: ")
        self.receiver = Receiver(port=port)
        self.addCleanup(self.receiver.close)
        self.assertTrue(self.call("POST", "/integrations/lab/test")[1]["success"])
        self.wait_status("lab", "active")
        acts = [(a["actor"], a["verb"]) for a in self.call("GET", "/audit")[1]["items"]]
        self.assertIn(("engine", "integration.fail"), acts)
        self.assertIn(("engine", "integration.activate"), acts)
        self.assertIn("integration.failed", self.engine.log_text())

    def objects(self):
        """What the database holds, by kind/name: version and hash."""
        found = {}
        for kind in ("tables", "mappings"):
            for item in self.call("GET", f"/{kind}?limit=1000")[1]["items"]:
                found[f"{kind[:-1]}/{item['name']}"] = item["hash"]
        return found

    def ledger(self):
        """The same by the audit: the newest `after` of each object."""
        found = {}
        for act in reversed(self.call("GET", "/audit?limit=1000")[1]["items"]):
            if act["verb"].startswith("config.") and act["object"].startswith("table/"):
                detail = act["detail"]
                found[act["object"]] = (detail if isinstance(detail, dict)
                                        else json.loads(detail)).get("after")
        return {name: hash_ for name, hash_ in found.items() if hash_}

    def test_ledger_and_database_agree_after_each_kill(self):
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        for turn in range(10):
            self.engine.start()
            self.assertEqual(self.objects(), self.ledger(), f"seed {seed}, turn {turn}")
            end = threading.Event()
            writer = threading.Thread(target=self.change, args=(chance.randrange(1 << 30), end))
            writer.start()
            changes = chance.randrange(1, 8)
            before = len(self.objects())
            wait_for("some changes", lambda: len(self.objects()) >= before + changes)
            self.engine.kill()
            end.set()
            writer.join()

    def change(self, seed, end):
        chance = random.Random(seed)
        while not end.is_set():
            try:
                name = f"t{chance.randrange(1 << 30)}"
                self.call("PUT", f"/tables/{name}", {"rows": {"A": str(chance.random())}})
                if chance.random() < 0.2:
                    self.call("DELETE", f"/tables/{name}")
            except OSError:
                return
            except Exception:  # pylint: disable=broad-except
                return  # cut off in the middle of an answer


if __name__ == "__main__":
    unittest.main()
