"""What scenarios are made of: an engine as a process, an MLLP client, an HTTP receiver.

Nothing sleeps for a fixed time: every wait is for a condition, with a limit. Ports are the
kernel's. The program is $ZARISH, by default build/zarish.
"""
import http.client
import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
ZARISH = os.environ.get("ZARISH", str(ROOT / "build" / "zarish"))
LIMIT = 30.0


def wait_for(what, condition, limit=LIMIT):
    """Wait until condition() is true; its value is returned."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.002)


def message(control_id, patient="700001", kind="ADT^A01^ADT_A01", extra=""):
    lines = [
        f"MSH|^~\\&|SEND|THERE|ZARISH|HUB|20240506070809||{kind}|{control_id}|P|2.5.1",
        "EVN|A01|20240506070809",
        f"PID|1||{patient}^^^THERE^MR||EXAMPLE^ALMA||19800214|F",
        "PV1|1|I|WARD1^101^A",
    ]
    return ("\r".join(lines) + "\r" + extra).encode()


class Engine:
    """`zarish serve` on a configuration text and a data directory."""

    def __init__(self, work, config, **variables):
        self.work = Path(work)
        self.data = self.work / "data"
        self.config = self.work / "zarish.yaml"
        self.config.write_text(config)
        self.env = dict(os.environ, **variables)
        self.log = self.work / "log"
        self.process = None

    def start(self, wait=True):
        (self.data / "endpoint.json").unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [ZARISH, "serve", "--config", str(self.config), "--data", str(self.data),
                 "--listen", "127.0.0.1:0"],
                env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if wait:
            wait_for("the engine is up", self._is_up)
        return self

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the engine ended: {self.process.returncode}\n{self.log_text()}")
        return (self.data / "endpoint.json").exists()

    @property
    def endpoint(self):
        return json.loads((self.data / "endpoint.json").read_text())

    @property
    def key(self):
        return json.loads((self.data / "admin.json").read_text())["key"]

    def address(self, channel):
        url = urlsplit(self.endpoint["channels"][channel])
        return url.hostname, url.port

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def request(self, method, path, key=None, body=None, headers=None):
        """(status, headers, body bytes); key None is the administrator's, "" is none."""
        url = urlsplit(self.endpoint["url"])
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=LIMIT)
        head = dict(headers or {})
        key = self.key if key is None else key
        if key:
            head["X-API-Key"] = key
        try:
            connection.request(method, path, body=body, headers=head)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, _, body = self.request("GET", path)
        assert status == 200, (status, path, body[:300])
        return json.loads(body)

    def find(self, control_id):
        return self.get(f"/api/v1/messages?controlId={control_id}")["items"]

    def trace(self, control_id):
        items = self.find(control_id)
        assert items, f"{control_id} is not in the store"
        return [self.get(f"/api/v1/messages/{item['id']}/trace") for item in items]

    def wait_state(self, control_id, state, limit=LIMIT):
        wait_for(f"{control_id} is {state}",
                 lambda: any(i["delivery"] == state for i in self.find(control_id)), limit)

    def stop(self):
        """Orderly; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT)

    def kill(self):
        self.process.kill()
        self.process.wait(LIMIT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()


class Mllp:
    """One MLLP connection."""

    def __init__(self, address, timeout=LIMIT):
        self.socket = socket.create_connection(address, timeout)
        self.buffer = b""

    def send(self, body):
        self.socket.sendall(b"\x0b" + body + b"\x1c\x0d")

    def receive(self):
        """The next frame's content, or None at the end."""
        while b"\x1c\x0d" not in self.buffer:
            got = self.socket.recv(65536)
            if not got:
                return None
            self.buffer += got
        frame, self.buffer = self.buffer.split(b"\x1c\x0d", 1)
        return frame.lstrip(b"\x0b")

    def call(self, body):
        """Send and wait; (MSA-1, MSA-2, the whole answer)."""
        self.send(body)
        answer = self.receive()
        if answer is None:
            return None, None, None
        for segment in answer.split(b"\r"):
            if segment.startswith(b"MSA|"):
                fields = segment.decode(errors="replace").split("|")
                return fields[1], fields[2], answer
        return None, None, answer

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Receiver:
    """An HTTP server that keeps what it is sent. `behave` may answer another status."""

    def __init__(self, port=0):
        self.bodies = []
        self.keys = []      # Idempotency-Key of each request that was accepted
        self.api_keys = []  # X-API-Key
        self.behave = lambda body: 200
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = receiver.behave(body)
                if 200 <= status < 300:
                    receiver.bodies.append(body)
                    receiver.keys.append(self.headers.get("Idempotency-Key"))
                    receiver.api_keys.append(self.headers.get("X-API-Key"))
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"{}")
                except OSError:
                    self.close_connection = True

            def do_HEAD(self):
                """What a probe asks."""
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_OPTIONS = do_HEAD

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


CONFIG = """
integration: receiver
type: rest_api
endpoints:
  - name: in
    url: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/in"
    method: POST
    timeout: 5s
    retries: 3
---
channel: adt-in
source: { type: hl7_v2, listen: "mllp://127.0.0.1:0" }
destinations:
  - to: receiver/in
    uncertain: resend
    backoff: { first: 20ms, max: 200ms }
"""
