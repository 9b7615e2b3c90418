#!/usr/bin/python3
"""Scenarios: a real engine, real sockets, from intake to delivery and back again.

    scen_test.py [-v] [TestClass[.test]]
"""
import json
import os
import re
import resource
import socket
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from engine import CONFIG, LIMIT, ROOT, ZARISH, Engine, Mllp, Receiver, message, wait_for


class Scenario(unittest.TestCase):
    config = CONFIG

    def setUp(self):
        self.work = self.enterContext(tempfile.TemporaryDirectory(prefix="zarish-scen-"))
        self.receiver = self.enterContext(Receiver())
        self.engine = self.enterContext(self.make_engine())

    if not hasattr(unittest.TestCase, "enterContext"):
        def enterContext(self, context):
            value = context.__enter__()
            self.addCleanup(context.__exit__, None, None, None)
            return value

    def make_engine(self):
        return Engine(self.work, self.config, ZARISH_RECEIVER=str(self.receiver.port))

    def mllp(self, channel="adt-in"):
        return self.enterContext(Mllp(self.engine.address(channel)))


class Flow(Scenario):
    def test_message_is_stored_acknowledged_and_delivered_as_it_came(self):
        self.engine.start()
        body = message("F1") + b"ZXX|odd\\X0D\\|\xe9\r"
        code, control_id, answer = self.mllp().call(body)
        self.assertEqual((code, control_id), ("AA", "F1"))
        self.assertIn(b"|ZARISH|HUB|SEND|THERE|", answer)
        self.engine.wait_state("F1", "delivered")
        self.assertEqual(self.receiver.bodies, [body])
        item = self.engine.find("F1")[0]
        self.assertEqual((item["type"], item["channel"], item["state"]),
                         ("ADT^A01", "adt-in", "accepted"))
        status, _, stored = self.engine.request("GET", f"/api/v1/messages/{item['id']}/body")
        self.assertEqual((status, stored), (200, body))

    def test_found_by_patient_type_and_time(self):
        self.engine.start()
        peer = self.mllp()
        peer.call(message("S1", patient="111"))
        peer.call(message("S2", patient="222", kind="ORU^R01^ORU_R01"))
        def ids(query):
            return [i["controlId"] for i in self.engine.get("/api/v1/messages?" + query)["items"]]
        self.assertEqual(ids("patientId=111"), ["S1"])
        self.assertEqual(ids("type=ORU"), ["S2"])
        self.assertEqual(ids("type=ORU%5ER01"), ["S2"])
        self.assertEqual(ids("since=2000-01-01T00:00:00Z"), ["S2", "S1"])
        self.assertEqual(ids("until=2000-01-01T00:00:00Z"), [])
        self.assertEqual(ids("channel=nowhere"), [])

    def test_down_receiver_loses_nothing_and_order_holds(self):
        down = [True]
        self.receiver.behave = lambda body: 503 if down[0] else 200
        self.config = CONFIG.replace("retries: 3", "retries: 100000")
        self.engine.__exit__()
        self.engine = self.enterContext(self.make_engine()).start()
        peer = self.mllp()
        for n in range(20):
            self.assertEqual(peer.call(message(f"D{n:02}"))[0], "AA")
        wait_for("an attempt failed", lambda: self.engine.get(
            "/api/v1/channels/adt-in")["destinations"][0]["retries"] > 0)
        down[0] = False
        self.engine.wait_state("D19", "delivered")
        order = [body.split(b"|", 10)[9] for body in self.receiver.bodies]
        self.assertEqual(order, [b"D%02d" % n for n in range(20)])

    def test_stop_and_start_resumes(self):
        self.receiver.behave = lambda body: 503
        self.engine.start()
        self.assertEqual(self.mllp().call(message("R1"))[0], "AA")
        self.assertEqual(self.engine.stop(), 0)
        self.receiver.behave = lambda body: 200
        self.engine.start()
        self.engine.wait_state("R1", "delivered")
        self.assertEqual(len(self.receiver.bodies), 1)

    def test_retries_end_in_rejected_and_the_lane_goes_on(self):
        self.receiver.behave = lambda body: 500 if b"|J1|" in body else 200
        self.engine.start()
        peer = self.mllp()
        peer.call(message("J1"))
        peer.call(message("J2"))
        self.engine.wait_state("J2", "delivered")
        self.engine.wait_state("J1", "rejected")
        attempts = self.engine.trace("J1")[0]["deliveries"][0]["attempts"]
        self.assertEqual([a["state"] for a in attempts],
                         ["retrying", "retrying", "retrying", "rejected"])
        self.assertEqual(attempts[-1]["status"], "500")

    def test_pipelined_messages_are_answered_in_order(self):
        """camel#26259: messages that arrived in one read were silently discarded."""
        self.engine.start()
        peer = self.mllp()
        frames = b"".join(b"\x0b" + message(f"P{n}") + b"\x1c\x0d" for n in range(50))
        peer.socket.sendall(frames)
        for n in range(50):
            self.assertIn(b"MSA|AA|P%d" % n, peer.receive())

    def test_one_byte_at_a_time(self):
        """openhim tcpAdapter: one data event was taken for one message."""
        self.engine.start()
        peer = self.mllp()
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"\x0b" + message("B1") + b"\x1c\x0d":
            peer.socket.send(bytes([byte]))
        self.assertIn(b"MSA|AA|B1", peer.receive())

    def test_ten_megabytes(self):
        self.engine.start()
        big = message("L1", extra="OBX|1|ED|PDF||^^^Base64^" + "QUJD" * 2_500_000 + "\r")
        self.assertEqual(self.mllp().call(big)[0], "AA")
        self.engine.wait_state("L1", "delivered")
        self.assertEqual(self.receiver.bodies, [big])


class Routing(Scenario):
    config = CONFIG.replace("destinations:", "filter: \"`MSH-9.1` = 'ADT'\"\ndestinations:") + """
---
mapping: to-json
from: hl7v2
to: json
rules:
  - { to: id, from: PID-3.1, required: true }
  - { to: family, from: PID-5.1, transform: [upper] }
---
integration: second
type: rest_api
endpoints:
  - { name: in, url: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/two", method: POST, dataMapping: to-json }
---
channel: mapped
source: { type: hl7_v2, listen: "mllp://127.0.0.1:0" }
destinations:
  - { to: second, uncertain: resend }
---
channel: http-in
source: { type: rest_api, listen: "http://127.0.0.1:0/in", open: true }
destinations: []
"""

    def test_filtered_is_accepted_and_goes_nowhere(self):
        """connect#1073: a filtered message was answered AR."""
        self.engine.start()
        self.assertEqual(self.mllp().call(message("X1", kind="ORU^R01^ORU_R01"))[0], "AA")
        self.assertEqual(self.engine.find("X1")[0]["delivery"], "filtered")
        self.assertEqual(self.receiver.bodies, [])

    def test_mapped_to_json(self):
        self.engine.start()
        self.assertEqual(self.mllp("mapped").call(message("M1", patient="42"))[0], "AA")
        self.engine.wait_state("M1", "delivered")
        self.assertEqual([json.loads(b) for b in self.receiver.bodies],
                         [{"id": "42", "family": "EXAMPLE"}])

    def test_mapping_that_fails_holds_the_message(self):
        self.engine.start()
        self.assertEqual(self.mllp("mapped").call(message("M2", patient=""))[0], "AA")
        self.assertEqual(self.engine.find("M2")[0]["delivery"], "held")
        delivery = self.engine.trace("M2")[0]["deliveries"][0]
        self.assertRegex(delivery["reason"], r"^MAP-\d{3} ")

    def test_http_source(self):
        self.engine.start()
        host, port = self.engine.address("http-in")
        import http.client
        for body, want in ((b'{"a": 1.10}', (200, 202)), (b'{"a": ', (400,))):
            connection = http.client.HTTPConnection(host, port, timeout=LIMIT)
            connection.request("POST", "/in", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.assertIn(answer.status, want)
            answer.read()
            connection.close()
        items = self.engine.get("/api/v1/messages?channel=http-in")["items"]
        self.assertEqual(sorted(i["state"] for i in items), ["accepted", "refused"])
        taken = next(i for i in items if i["state"] == "accepted")
        status, headers, body = self.engine.request("GET", f"/api/v1/messages/{taken['id']}/body")
        self.assertEqual((status, headers["Content-Type"], body),
                         (200, "application/json", b'{"a": 1.10}'))


class BadInput(Scenario):
    def assert_serves(self):
        self.assertEqual(self.mllp().call(message("OK"))[0], "AA")

    def test_not_hl7(self):
        self.engine.start()
        code, _, _ = self.mllp().call(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(code, "AR")
        self.assert_serves()
        refused = self.engine.get("/api/v1/messages?state=refused")["items"]
        self.assertEqual(len(refused), 1)

    def test_no_type_is_refused_and_stored(self):
        self.engine.start()
        code, control_id, _ = self.mllp().call(message("T1", kind=""))
        self.assertEqual((code, control_id), ("AR", "T1"))
        item = self.engine.find("T1")[0]
        self.assertEqual(item["state"], "refused")
        self.assert_serves()

    def test_half_a_frame_and_gone(self):
        self.engine.start()
        peer = Mllp(self.engine.address("adt-in"))
        peer.socket.sendall(b"\x0b" + message("H1")[:50])
        peer.close()
        self.assert_serves()
        self.assertEqual(self.engine.find("H1"), [])

    def test_noise_between_frames(self):
        self.engine.start()
        peer = self.mllp()
        peer.socket.sendall(b"\x00\r\n junk")
        self.assertEqual(peer.call(message("N1"))[0], "AA")

    def test_ten_thousand_idle_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        want = 10_000
        if hard < want + 200:
            self.skipTest("too few descriptors allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, want + 200), hard))
        self.engine.start()
        address = self.engine.address("adt-in")
        idle = [socket.create_connection(address, LIMIT) for _ in range(want)]
        self.assert_serves()
        for connection in idle:
            connection.close()

    def test_configuration_errors_name_file_line_and_hint(self):
        bad = os.path.join(self.work, "bad.yaml")
        with open(bad, "w") as f:
            f.write("channel: x\nsource: { type: hl7_v2, listen: \"mllp://127.0.0.1:0\" }\n"
                    "fliter: \"true\"\ndestinations:\n  - { to: nowhere }\n")
        done = subprocess.run([ZARISH, "check", bad], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"bad\.yaml:3:\d+: .*fliter.*filter")
        done = subprocess.run([ZARISH, "serve", "--config", bad, "--data", self.work + "/d"],
                              capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"bad\.yaml:3:")

    def test_log_is_as_the_configuration_says(self):
        for key, there, absent in (("logForm: logfmt", "event=engine.started", '"event"'),
                                   ("logLevel: warn", "", "engine.started")):
            with self.subTest(key):
                self.engine.config.write_text(f"engine: e\n{key}\n---\n{CONFIG}")
                self.engine.log.unlink(missing_ok=True)
                self.engine.start()
                self.engine.stop()
                self.assertIn(there, self.engine.log_text())
                self.assertNotIn(absent, self.engine.log_text())

    def test_data_directory_is_held_by_one_engine(self):
        self.engine.start()
        done = subprocess.run([ZARISH, "serve", "--config", str(self.engine.config), "--data",
                               str(self.engine.data), "--listen", "127.0.0.1:0"],
                              env=self.engine.env, capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 3)
        self.assertIn("STORE-020", done.stderr)
        self.assert_serves()


class FullDisk(Scenario):
    """The limit on a file's size stands in for a full disk: writes fail the same way."""

    def test_full_disk_pushes_back_and_loses_nothing(self):
        mount = os.path.join(self.work, "small")
        os.mkdir(mount)
        if os.geteuid() != 0 or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=100m", "none", mount],
                capture_output=True).returncode != 0:
            self.skipTest("mounting a small file system is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", mount])
        self.engine = self.enterContext(
            Engine(mount, CONFIG, ZARISH_RECEIVER=str(self.receiver.port)))
        self.receiver.behave = lambda body: 503
        self.engine.start()
        peer = self.mllp()
        big = "OBX|1|ED|PDF||^^^Base64^" + "QUJD" * 250_000 + "\r"
        acked, code = [], "AA"
        for extra in (big, ""):  # until nothing fits, then until nothing small fits either
            code = "AA"
            for n in range(200_000):
                code, control_id, answer = peer.call(message(f"Z{len(acked):06}", extra=extra))
                if code != "AA":
                    break
                acked.append(control_id)
            self.assertEqual(code, "AE", answer)
            self.assertTrue(acked)
        status, _, _ = self.engine.request("GET", "/readyz", key="")
        self.assertEqual(status, 503)
        for control_id in acked[:50] + acked[-50:]:
            self.assertTrue(self.engine.find(control_id), control_id)
        # room comes back: so does intake, by itself
        subprocess.run(["mount", "-o", "remount,size=400m", mount], check=True)
        wait_for("messages are taken again", lambda: peer.call(message("ZROOM"))[0] == "AA")
        self.assertEqual(self.engine.request("GET", "/readyz", key="")[0], 200)


class Security(Scenario):
    def test_every_route_refuses_a_caller_without_a_key(self):
        self.engine.start()
        for path in ("/api/v1/channels", "/api/v1/channels/adt-in", "/api/v1/messages",
                     "/api/v1/messages/x-1", "/api/v1/messages/x-1/body",
                     "/api/v1/messages/x-1/trace", "/api/v1/audit", "/api/v1/status",
                     "/api/v1/nothing", "/"):
            status, _, body = self.engine.request("GET", path, key="")
            self.assertEqual(status, 401, path)
            self.assertEqual(json.loads(body)["code"], "AUTH-010", path)
        status, _, _ = self.engine.request("POST", "/api/v1/channels/adt-in/pause", key="")
        self.assertEqual(status, 401)
        status, _, _ = self.engine.request("GET", "/api/v1/channels", key="zsk_00000000_wrong")
        self.assertEqual(status, 401)
        for path in ("/livez", "/readyz"):
            self.assertEqual(self.engine.request("GET", path, key="")[0], 200)

    def test_credential_is_made_once_shown_once_and_private(self):
        self.engine.start()
        file = self.engine.data / "admin.json"
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.engine.data.stat().st_mode), 0o700)
        key = self.engine.key
        self.assertEqual(self.engine.log_text().count(key), 1)
        self.engine.stop()
        self.engine.start()
        self.assertEqual(self.engine.key, key)
        self.assertEqual(self.engine.log_text().count(key), 1)

    def test_changes_and_looks_are_audited(self):
        self.engine.start()
        self.mllp().call(message("A1"))
        item = self.engine.find("A1")[0]
        self.engine.request("GET", f"/api/v1/messages/{item['id']}/body")
        self.assertEqual(self.engine.request("POST", "/api/v1/channels/adt-in/pause")[0], 200)
        self.assertEqual(self.engine.request("POST", "/api/v1/channels/nope/pause")[0], 404)
        wait_for("paused", lambda: self.engine.get(
            "/api/v1/channels/adt-in")["state"] == "paused")
        acts = [(a["verb"], a["object"]) for a in self.engine.get("/api/v1/audit")["items"]
                if a["actor"] != "engine"]
        self.assertEqual(acts[:2], [("channel.pause", "channel/adt-in"),
                                    ("message.read", f"message/{item['id']}")])
        self.assertIn(("config.create", "channel/adt-in"), acts)

    def test_no_patient_data_in_the_log(self):
        self.receiver.behave = lambda body: 500
        self.engine.start()
        peer = self.mllp()
        for body in (message("G1", patient="SEEDED77"), message("G2", kind=""),
                     b"MSH|^~\\&|SEEDEDNAME"):
            peer.call(body)
        self.engine.wait_state("G1", "rejected")
        self.engine.stop()
        for seed in ("SEEDED77", "EXAMPLE", "ALMA", "SEEDEDNAME"):
            self.assertNotIn(seed, self.engine.log_text())


class Commands(Scenario):
    def run_zarish(self, *args, **kw):
        env = {k: v for k, v in os.environ.items() if not k.startswith("ZARISH_")}
        return subprocess.run([ZARISH, *map(str, args)], capture_output=True, text=True, env=env,
                              timeout=LIMIT, **kw)

    def test_send_get_trace_pause_resume(self):
        self.engine.start()
        url = self.engine.endpoint["channels"]["adt-in"]
        file = os.path.join(self.work, "a.hl7")
        with open(file, "wb") as f:
            f.write(message("CLI1", patient="99887"))
        sent = self.run_zarish("send", url, file)
        self.assertEqual(sent.returncode, 0, sent.stderr)
        self.assertIn("AA", sent.stdout)
        self.engine.wait_state("CLI1", "delivered")
        data = ("--data", self.engine.data)
        got = self.run_zarish("get", "messages", "--patient-id", "99887", *data)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertRegex(got.stdout, r"adt-in +ADT\^A01 +CLI1 +delivered")
        identity = re.search(r"[0-9a-f]{8}-\d+", got.stdout).group()
        trace = self.run_zarish("trace", identity, *data)
        self.assertIn("to receiver/in: delivered", trace.stdout)
        body = self.run_zarish("trace", identity, "--body", *data)
        self.assertIn("PID|1||99887", body.stdout)
        self.assertEqual(self.run_zarish("trace", "00000000-1", *data).returncode, 1)
        self.assertEqual(self.run_zarish("get", "messages", "--control-id", "no", *data).returncode,
                         1)
        self.assertEqual(self.run_zarish("pause", "adt-in", *data).returncode, 0)
        wait_for("paused", lambda: self.engine.get(
            "/api/v1/channels/adt-in")["state"] == "paused")
        self.assertIn("paused", self.run_zarish("get", "channels", *data).stdout)
        self.assertEqual(self.run_zarish("resume", "adt-in", *data).returncode, 0)

    def test_listen_receives_what_the_engine_sends_on(self):
        kept = os.path.join(self.work, "kept")
        listener = subprocess.Popen([ZARISH, "listen", "mllp://127.0.0.1:0", "--out", kept,
                                     "--count", "2"], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        self.addCleanup(listener.kill)
        port = re.search(r":(\d+)$", listener.stderr.readline()).group(1)
        self.engine = self.enterContext(Engine(self.work, """
integration: next
type: hl7_v2
endpoints: [ { name: in, url: "mllp://127.0.0.1:%s" } ]
---
channel: adt-in
source: { type: hl7_v2, listen: "mllp://127.0.0.1:0" }
destinations: [ { to: next } ]
""" % port)).start()
        bodies = [message("N1"), message("N2") + b"ZZ1|as it came\\X41\\\r"]
        peer = self.mllp()
        for body in bodies:
            self.assertEqual(peer.call(body)[0], "AA")
        self.engine.wait_state("N2", "delivered")
        out, err = listener.communicate(timeout=LIMIT)
        self.assertEqual(listener.returncode, 0, err)
        self.assertRegex(out, r"ADT\^A01  N1  AA\n.*ADT\^A01  N2  AA\n")
        got = [Path(kept, f"{n:06}.hl7").read_bytes() for n in (1, 2)]
        self.assertEqual(got, bodies)
        attempts = self.engine.trace("N1")[0]["deliveries"][0]["attempts"]
        self.assertEqual([(a["state"], a["status"]) for a in attempts], [("delivered", "AA")])

    def test_demo(self):
        done = self.run_zarish("demo", cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("5 of 5 messages", done.stdout)

    def test_verify_after_a_stop(self):
        self.engine.start()
        self.mllp().call(message("V1"))
        self.engine.wait_state("V1", "delivered")
        self.engine.stop()
        done = self.run_zarish("verify", "--data", self.engine.data)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Changes(Scenario):
    """The configuration changed from the command line while the engine runs."""

    config = "engine: changes\n"

    def zarish(self, *args, text=None):
        return subprocess.run([ZARISH, *args, "--data", str(self.engine.data)], input=text,
                              capture_output=True, text=True, timeout=LIMIT,
                              env=dict(os.environ, XDG_CONFIG_HOME=self.work))

    def apply(self, path, more=""):
        return self.zarish("apply", "-f", "-", "-o", "json", text=f"""
integration: there
type: rest_api
endpoints: [ {{ name: in, method: POST, url: "http://127.0.0.1:{self.receiver.port}/{path}",
                retries: 1000 }} ]
{more}---
channel: adt-in
source: {{ type: hl7_v2, listen: "mllp://127.0.0.1:0" }}
destinations: [ {{ to: there/in, backoff: {{ first: 5ms, max: 20ms }} }} ]
""")

    def where(self):
        listens = self.engine.get("/api/v1/channels/adt-in")["listens"]
        host, port = listens.removeprefix("mllp://").rsplit(":", 1)
        return host, int(port)

    def test_what_is_queued_goes_on_under_another_configuration(self):
        self.engine.start()
        self.receiver.behave = lambda body: 503
        done = self.apply("old")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([c["action"] for c in json.loads(done.stdout)["changes"]],
                         ["create", "create"])
        with Mllp(self.where()) as peer:
            for n in range(5):
                self.assertEqual(peer.call(message(f"Q{n}"))[0], "AA")
        self.assertEqual(self.receiver.bodies, [])
        self.assertEqual(self.zarish("pause", "adt-in").returncode, 0)
        self.assertEqual(self.apply("new").returncode, 0)
        self.assertEqual(self.engine.get("/api/v1/channels/adt-in")["state"], "paused")
        self.receiver.behave = lambda body: 200
        self.assertEqual(self.zarish("resume", "adt-in").returncode, 0)
        self.engine.wait_state("Q4", "delivered")
        self.assertEqual(self.receiver.bodies, [message(f"Q{n}") for n in range(5)])
        done = self.zarish("delete", "integration", "there")
        self.assertEqual(done.returncode, 1)
        self.assertIn("adt-in", done.stderr)

    def test_what_is_wrong_is_told_at_its_place_and_changes_nothing(self):
        self.engine.start()
        done = self.apply("old", more="tipe: 1\n")
        self.assertEqual(done.returncode, 3)
        self.assertIn("standard input:6:7: OPT-001: tipe: ", done.stderr)
        self.assertEqual(self.zarish("get", "channels").returncode, 1)
        self.assertEqual(self.zarish("export").stdout, "")


if __name__ == "__main__":
    unittest.main()
