#!/usr/bin/python3
"""kill -9 at work: no execution is forgotten, none counted twice, what is not known is said."""
import threading
import unittest

from contract import Contract, answer, wait_for


class Crash(Contract):
    def test_an_execution_that_was_under_way(self):
        record = self.initialize(endpoints=[
            {"name": "one", "url": self.peer.url("/held"), "method": "POST", "retries": 0}])
        self.peer.gate.clear()
        self.peer.routes["/held"] = lambda r: self.peer.hold(r) if r.method == "POST" else (
            answer(200))

        def call():
            try:
                self.execute(record, {"a": 1})
            except OSError:
                pass  # the engine is killed under it

        caller = threading.Thread(target=call)
        caller.start()
        wait_for("the peer has the request", lambda: self.peer.seen("/held", "POST"))
        self.engine.kill()
        self.peer.gate.set()
        caller.join()
        self.engine.start()
        item, = wait_for("the execution is listed", lambda: self.ok(
            "GET", f"/integrations/{record['id']}/executions")["items"])
        self.assertEqual((item["status"], item["error"]), ("failed", "outcome unknown"))
        log, = wait_for("its log entry", lambda: self.ok(
            "GET", f"/integrations/{record['id']}/logs")["items"])
        self.assertEqual((log["level"], log["error"], log["executionId"]),
                         ("error", "outcome unknown", item["id"]))
        metrics = self.ok("GET", f"/integrations/{record['id']}/analytics")["metrics"]
        self.assertEqual((metrics["totalRequests"], metrics["failedRequests"]), (1, 1))

    def test_counters(self):
        record = self.initialize(endpoints=[
            {"name": "one", "url": self.peer.url("/counted"), "method": "POST", "retries": 0}])
        total = failed = 0
        for round_ in range(3):
            self.peer.routes["/counted"] = lambda _: answer(200, {})
            for _ in range(20):
                self.executed(record, {})
            self.peer.routes["/counted"] = lambda _: answer(500)
            for _ in range(5):
                self.failed(record, 502, {})
            total, failed = total + 25, failed + 5
            self.engine.kill()
            self.engine.start()
            with self.subTest(round_):
                got = self.ok("GET", f"/integrations/{record['id']}/analytics")
                metrics = got["metrics"]
                self.assertEqual((metrics["totalRequests"], metrics["failedRequests"],
                                  metrics["successfulRequests"]), (total, failed, total - failed))
                self.assertEqual(sum(got["performance"]["responseTimeDistribution"].values()),
                                 total)
                self.assertEqual(sum(g["count"] for g in got["errorGroups"]), failed)

    def test_what_was_answered_is_there(self):
        record = self.initialize()
        ids = [self.executed(record, {"n": n})["id"] for n in range(10)]
        self.engine.kill()
        self.engine.start()
        items = wait_for("all are listed", lambda: (lambda i: i if len(i) == 10 else None)(
            self.ok("GET", f"/integrations/{record['id']}/executions")["items"]))
        self.assertEqual([i["id"] for i in items], ids[::-1])
        self.assertEqual({i["status"] for i in items}, {"completed"})
        again = self.ok("GET", f"/integrations/{record['id']}")
        self.assertEqual((again["status"], again["metadata"]), ("active", record["metadata"]))


if __name__ == "__main__":
    unittest.main()
