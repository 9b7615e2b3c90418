#!/usr/bin/python3
"""The six types of the guide: what each sends, and what this build does not have says so."""
import socketserver
import threading
import unittest

from contract import Contract, answer

ACK = "MSH|^~\\&|LAB|THERE|ZARISH|HUB|20240506070809||ACK|A1|P|2.5.1\rMSA|{0}|{1}|{2}\r"
ORDER = ("MSH|^~\\&|ZARISH|HUB|LAB|THERE|20240506070809||ADT^A01^ADT_A01|T1|P|2.5.1\r"
         "EVN|A01|20240506070809\rPID|1||700001^^^HUB^MR||EXAMPLE^ALMA\rPV1|1|I\r")


class MllpPeer:
    """Answers each frame with the code it is told to."""

    def __init__(self):
        peer = self
        self.code, self.text, self.frames = "AA", "taken", []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                buffer = b""
                while True:
                    got = self.request.recv(65536)
                    if not got:
                        return
                    buffer += got
                    while b"\x1c\r" in buffer:
                        frame, buffer = buffer.split(b"\x1c\r", 1)
                        frame = frame.lstrip(b"\x0b").decode()
                        peer.frames.append(frame)
                        control_id = frame.split("\r")[0].split("|")[9]
                        text = ACK.format(peer.code, control_id, peer.text)
                        self.request.sendall(b"\x0b" + text.encode() + b"\x1c\r")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Types(Contract):
    @classmethod
    def before(cls):
        cls.mllp = MllpPeer()
        cls.stack.callback(cls.mllp.close)

    def test_rest_api(self):
        record = self.initialize(type="rest_api")
        self.assertEqual(self.executed(record, {"a": 1})["response"]["status"], 200)

    def test_fhir_api(self):
        self.peer.routes["/fhir/Patient"] = lambda r: answer(
            201, {"resourceType": "Patient", "id": "1"})
        record = self.initialize(type="fhir_api", endpoints=[
            {"url": self.peer.url("/fhir/Patient"), "method": "POST"}])
        self.assertEqual(record["endpoints"][0]["name"], "fhir_api_1")
        execution = self.executed(record, {"resourceType": "Patient"})
        self.assertEqual(execution["response"]["data"]["id"], "1")
        seen = self.peer.seen("/fhir/Patient", "POST")[-1]
        self.assertEqual((seen.headers["Content-Type"], seen.headers["Accept"]),
                         ("application/fhir+json", "application/fhir+json"))

    def hl7(self):
        return self.initialize(type="hl7_v2", endpoints=[
            {"name": "send", "url": f"mllp://127.0.0.1:{self.mllp.port}", "retries": 0}])

    def test_hl7_v2(self):
        self.mllp.code, self.mllp.text = "AA", "taken"
        record = self.hl7()
        self.assertEqual((record["status"], record["endpoints"][0]["method"]), ("active", "POST"))
        execution = self.executed(record, ORDER)
        self.assertEqual(self.mllp.frames[-1], ORDER)
        response = execution["response"]
        self.assertEqual((execution["status"], response["status"], response["statusText"],
                          response["success"]), ("completed", "AA", "taken", True))
        self.assertEqual(response["data"], ACK.format("AA", "T1", "taken"))

    def test_hl7_v2_refused(self):
        record = self.hl7()
        for code in ("AR", "AE"):
            with self.subTest(code):
                self.mllp.code, self.mllp.text = code, "not wanted"
                execution = self.failed(record, 502, ORDER)
                self.assertEqual((execution["status"], execution["response"]["status"],
                                  execution["response"]["statusText"],
                                  execution["response"]["success"]),
                                 ("failed", code, "not wanted", False))
                self.assertTrue(execution["error"])
        self.mllp.code = "AA"

    def test_hl7_v2_needs_no_method(self):
        self.assertNotIn("HTTP method is required", self.hl7()["validation"]["errors"])

    def test_types_this_build_does_not_have(self):
        rows = [("websocket", "wss://peer.example/live"),
                ("file_transfer", "sftp://peer.example/in"),
                ("database", "postgresql://peer.example/lab")]
        for kind, url in rows:
            with self.subTest(kind):
                endpoints = [{"name": "one", "url": url}]
                config = {"type": kind, "endpoints": endpoints}
                checked = self.ok("POST", "/validate/integration", {"name": "x", **config})
                self.assertEqual(checked["errors"], [])
                record = self.initialize(status=422, **config)
                self.assertEqual(record["status"], "failed")
                self.assertRegex(record["error"], r"not available in this build")
                health = self.ok("GET", f"/integrations/{record['id']}/health")
                self.assertIn(health["status"], ("unhealthy", "error"))


if __name__ == "__main__":
    unittest.main()
