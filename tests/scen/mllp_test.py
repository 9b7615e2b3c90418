#!/usr/bin/python3
"""`zarish send` and `zarish listen`, against each other and against peers that misbehave.

    mllp_test.py [-v] [TestClass[.test]]
"""
import json
import re
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from engine import LIMIT, ZARISH, message


def zarish(*words, stdin=b""):
    """(exit status, standard output, standard error)"""
    done = subprocess.run([ZARISH, *map(str, words)], input=stdin, capture_output=True,
                          timeout=LIMIT)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Listener:
    """`zarish listen` on a free port; url is where."""

    def __init__(self, *words):
        self.process = subprocess.Popen([ZARISH, "listen", "mllp://127.0.0.1:0", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stderr.readline().decode()
        self.url = re.search(r"mllp://\S+?(?=;)", line).group()

    def end(self):
        """Wait for it to end by itself; (exit status, standard output)."""
        out, _ = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, out.decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Peer:
    """A listener that does to its first connection what the test says."""

    def __init__(self, act):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = "mllp://127.0.0.1:%d" % self.socket.getsockname()[1]

        def serve():
            connection, _ = self.socket.accept()
            with connection:
                try:
                    act(connection)
                except ConnectionError:
                    pass  # the other side gave up, which is what is tested

        self.thread = threading.Thread(target=serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join(LIMIT)
        self.socket.close()


class Case(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="zarish-mllp-")
        self.addCleanup(self.temporary.cleanup)
        self.dir = Path(self.temporary.name)

    def file(self, name, content):
        path = self.dir / name
        path.write_bytes(content)
        return path


class Together(Case):
    def test_each_acknowledgement_is_shown(self):
        one, two = self.file("1.hl7", message("M1")), self.file("2.hl7", message("M2"))
        with Listener("--count", "2") as peer:
            status, out, err = zarish("send", peer.url, one, two)
            self.assertEqual(status, 0, err)
            lines = out.splitlines()
            self.assertRegex(lines[0], r"^M1  ADT\^A01  AA  \d+\.\d ms$")
            self.assertRegex(lines[1], r"^M2  ADT\^A01  AA  \d+\.\d ms$")
            self.assertIn("2 sent: 2 positive, 0 negative", err)
            status, out = peer.end()
            self.assertEqual(status, 0)
            self.assertRegex(out.splitlines()[0],
                             r"^M1  ADT\^A01  %d bytes  from 127\.0\.0\.1:\d+  AA$"
                             % len(message("M1")))

    def test_bytes_arrive_as_they_stand_in_the_file(self):
        body = message("B1") + b"ZXX|odd\\X0D\\|\xe9\x1cx\r"
        received = self.dir / "received"
        with Listener("--out", received, "--count", "1") as peer:
            self.assertEqual(zarish("send", peer.url, self.file("b.hl7", body))[0], 0)
            self.assertEqual(peer.end()[0], 0)
        kept = list(received.iterdir())
        self.assertEqual([path.name for path in kept], ["000001.hl7"])
        self.assertEqual(kept[0].read_bytes(), body)

    def test_batches_frames_and_standard_input(self):
        batch = b"FHS|^~\\&|a\rBHS|^~\\&|a\r" + message("1") + message("2") + b"BTS|2\rFTS|1\r"
        framed = b"\x0b" + message("3") + b"\x1c\r\x0b" + message("4") + b"\x1c\r"
        with Listener("--count", "5") as peer:
            status, out, err = zarish("send", peer.url, self.file("batch", batch),
                                      self.file("framed", framed), "-", stdin=message("5"))
            self.assertEqual(status, 0, err)
            self.assertEqual([line.split()[0] for line in out.splitlines()],
                             ["1", "2", "3", "4", "5"])
            self.assertEqual(peer.end()[0], 0)

    def test_negative_answers_end_with_1(self):
        one = self.file("1.hl7", message("M1"))
        for code in ("AE", "AR", "CE", "CR"):
            with Listener("--code", code, "--count", "1") as peer:
                status, out, _ = zarish("send", peer.url, one)
                self.assertEqual((status, out.split()[2]), (1, code))
        with Listener("--code", "CA", "--count", "1") as peer:
            self.assertEqual(zarish("send", peer.url, one)[0], 0)

    def test_repeat_prints_a_summary_only(self):
        with Listener("--count", "600") as peer:
            status, out, err = zarish("send", peer.url, self.file("1.hl7", message("M1")),
                                      "--repeat", "600", "--connections", "4")
            self.assertEqual((status, out), (0, ""))
            self.assertIn("600 sent: 600 positive", err)
            self.assertRegex(err, r"least [\d.]+ ms, median [\d.]+, p99 [\d.]+, longest [\d.]+")
            status, out = peer.end()
            self.assertEqual(len(out.splitlines()), 600)

    def test_json(self):
        with Listener("--count", "1", "-o", "json") as peer:
            status, out, _ = zarish("send", peer.url, self.file("1", message("M1")), "-o", "json")
            record = json.loads(out)
            self.assertEqual((record["controlId"], record["type"], record["code"]),
                             ("M1", "ADT^A01", "AA"))
            _, out = peer.end()
            self.assertEqual(json.loads(out)["bytes"], len(message("M1")))

    def test_listener_stops_on_a_signal(self):
        with Listener() as peer:
            self.assertEqual(zarish("send", peer.url, self.file("1", message("M1")))[0], 0)
            status, out = peer.stop()
            self.assertEqual((status, len(out.splitlines())), (0, 1))

    def test_something_that_is_no_message_is_refused_with_an_answer(self):
        with Listener("--count", "1") as peer:
            host, port = peer.url[len("mllp://"):].split(":")
            with socket.create_connection((host, int(port)), LIMIT) as connection:
                connection.sendall(b"\x0bhello\x1c\r")
                answer = b""
                while not answer.endswith(b"\x1c\r"):
                    answer += connection.recv(1000)
            self.assertIn(b"MSA|AA|", answer)
            self.assertIn("-  -  5 bytes", peer.end()[1])


class Alone(Case):
    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        status, out, _ = zarish("send", f"mllp://127.0.0.1:{port}", self.file("1", message("M1")))
        self.assertEqual(status, 3)
        self.assertIn("NET-035", out)

    def test_no_answer_in_time(self):
        with Peer(lambda connection: connection.recv(100000) and connection.recv(1)) as peer:
            status, out, _ = zarish("send", peer.url, self.file("1", message("M1")), "--timeout",
                                    "200ms")
            self.assertEqual(status, 3)
            self.assertIn("MLLP-015", out)

    def test_an_answer_to_another_message_does_not_count(self):
        ack = b"\x0bMSH|^~\\&|x||y||||ACK|1|P|2.5.1\rMSA|AA|OTHER\r\x1c\r"

        def act(connection):
            connection.recv(100000)
            connection.sendall(ack)
            connection.recv(1)

        with Peer(act) as peer:
            status, out, _ = zarish("send", peer.url, self.file("1", message("M1")), "--timeout",
                                    "300ms")
            self.assertEqual(status, 3)
            self.assertIn("MLLP-015", out)

    def test_terminal_control_in_an_answer_is_not_passed_on(self):
        ack = b"\x0bMSH|^~\\&|x||y||||ACK|1|P|2.5.1\rMSA|AE|M1|\x1b[2Jgone\r\x1c\r"

        def act(connection):
            connection.recv(100000)
            connection.sendall(ack)

        with Peer(act) as peer:
            status, out, _ = zarish("send", peer.url, self.file("1", message("M1")))
            self.assertEqual(status, 1)
            self.assertNotIn("\x1b", out)
            self.assertIn("gone", out)

    def test_markers_inside_a_message_are_refused(self):
        status, out, _ = zarish("send", "mllp://127.0.0.1:1",
                                self.file("1", message("M1") + b"OBX|1|TX|a\x1c\rb\r"))
        self.assertEqual(status, 3)
        self.assertIn("MLLP-002", out)

    def test_wrong_lines(self):
        one = self.file("1", message("M1"))
        self.assertEqual(zarish("send")[0], 2)
        self.assertEqual(zarish("send", "mllp://127.0.0.1:1")[0], 2)
        self.assertEqual(zarish("send", "mllp://127.0.0.1:1", one, "--repeat", "0")[0], 2)
        self.assertEqual(zarish("send", "mllp://127.0.0.1:1", one, "--timeout", "soon")[0], 2)
        self.assertEqual(zarish("listen", "mllp://127.0.0.1:0", "--code", "XX")[0], 2)
        status, _, err = zarish("send", "http://127.0.0.1:1", one)
        self.assertEqual(status, 3)
        self.assertIn("MLLP-010", err)
        status, _, err = zarish("send", "mllp://127.0.0.1:1", self.dir / "none")
        self.assertEqual(status, 3)
        self.assertIn("BASE-030", err)
        self.assertEqual(zarish("send", "mllp://127.0.0.1:1", self.file("x", b"hello"))[0], 3)
        status, _, err = zarish("listen", "mllp://0.0.0.0:0")
        self.assertEqual(status, 3)
        self.assertIn("MLLP-011", err)


if __name__ == "__main__":
    unittest.main()
