#!/usr/bin/python3
"""getIntegrationAnalytics: every figure of the guide, over executions whose outcome is known."""
import datetime
import threading
import time
import unittest
from urllib.parse import quote

from contract import Contract, answer

BUCKETS = ["<100ms", "100-500ms", "500ms-1s", "1-5s", ">5s"]


def iso(seconds):
    when = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03}Z"


def bucket(duration):
    for name, limit in zip(BUCKETS, (100, 500, 1000, 5000)):
        if duration < limit:
            return name
    return BUCKETS[-1]


class Analytics(Contract):
    def analytics(self, record, start=None, end=None):
        path = f"/integrations/{record['id']}/analytics"
        if start is not None:
            path += f"?start={quote(iso(start))}&end={quote(iso(end))}"
        return self.ok("GET", path)

    def test_nothing_yet(self):
        record = self.initialize()
        got = self.analytics(record)
        self.assert_members(got, "integrationId", "timeRange", "generatedAt", "metrics", "errors",
                            "performance", "endpoints")
        self.assertEqual(got["integrationId"], record["id"])
        self.assert_time(got["generatedAt"])
        self.assert_time(got["timeRange"]["start"])
        self.assert_time(got["timeRange"]["end"])
        for name in ("totalRequests", "successfulRequests", "failedRequests", "successRate",
                     "averageResponseTime", "requestsPerHour", "errorRate"):
            self.assertEqual(got["metrics"][name], 0, name)
        self.assertEqual(got["errors"], [])
        self.assertEqual((got["performance"]["fastestRequest"],
                          got["performance"]["slowestRequest"]), (None, None))
        self.assertEqual(got["performance"]["responseTimeDistribution"], dict.fromkeys(BUCKETS, 0))

    def test_figures(self):
        record = self.initialize(endpoints=[
            {"name": "a", "url": self.peer.url("/a"), "method": "POST", "retries": 0},
            {"name": "b", "url": self.peer.url("/b"), "method": "POST", "retries": 0}])

        def late(_):
            threading.Event().wait(0.15)
            return answer(200, {})

        done = [self.executed(record, {}) for _ in range(3)]
        self.peer.routes["/a"] = late
        done.append(self.executed(record, {}))
        done.append(self.executed(record, {}, at=1))
        self.peer.routes["/b"] = lambda _: answer(500)
        bad = [self.failed(record, 502, {}, at=1) for _ in range(2)]
        now = time.time()
        got = self.analytics(record, now - 3600, now + 3600)
        metrics = got["metrics"]
        durations = [e["metrics"]["duration"] for e in done + bad]
        self.assertEqual((metrics["totalRequests"], metrics["successfulRequests"],
                          metrics["failedRequests"]), (7, 5, 2))
        self.assertEqual((metrics["successRate"], metrics["errorRate"],
                          metrics["requestsPerHour"]), (71, 29, 4))  # 7 in 2 h: Math.round(3.5)
        self.assertEqual(metrics["averageResponseTime"], int(sum(durations) / 7 + 0.5))
        self.assertAlmostEqual(metrics["successRatio"], 5 / 7, places=6)
        self.assertAlmostEqual(metrics["averageResponseMs"], sum(durations) / 7, places=3)
        expected = dict.fromkeys(BUCKETS, 0)
        for duration in durations:
            expected[bucket(duration)] += 1
        performance = got["performance"]
        self.assertEqual(list(performance["responseTimeDistribution"]), BUCKETS)
        self.assertEqual(performance["responseTimeDistribution"], expected)
        self.assertGreaterEqual(expected["100-500ms"] + expected["500ms-1s"] + expected["1-5s"], 1)
        fastest, slowest = performance["fastestRequest"], performance["slowestRequest"]
        self.assertEqual((fastest["duration"], slowest["duration"]),
                         (min(durations), max(durations)))
        starts = {(e["metrics"]["duration"], e["metrics"]["startTime"]) for e in done + bad}
        self.assertIn((fastest["duration"], fastest["timestamp"]), starts)
        self.assertIn((slowest["duration"], slowest["timestamp"]), starts)
        self.assertEqual(sorted((e["error"], e["timestamp"], e["endpointId"])
                                for e in got["errors"]),
                         sorted(("HTTP 500: Internal Server Error", e["metrics"]["startTime"],
                                 record["endpoints"][1]["id"]) for e in bad))
        groups = got["errorGroups"]
        self.assertEqual([(g["error"], g["count"]) for g in groups],
                         [("HTTP 500: Internal Server Error", 2)])
        self.assertEqual(sum("endpointId" in e for e in got["endpoints"]), 2)

    def test_outside_the_range(self):
        record = self.initialize()
        self.executed(record, {})
        now = time.time()
        got = self.analytics(record, now - 7200, now - 3600)
        self.assertEqual(got["metrics"]["totalRequests"], 0)
        self.assertEqual(got["timeRange"], {"start": iso(now - 7200), "end": iso(now - 3600)})
        self.assertEqual(self.analytics(record)["metrics"]["totalRequests"], 1)

    def test_ranges_that_are_none(self):
        record = self.initialize()
        path = f"/integrations/{record['id']}/analytics"
        for query in ("start=yesterday", "start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"):
            with self.subTest(query):
                self.assertEqual(self.call("GET", f"{path}?{query}").status, 400)

    def test_others_are_not_counted(self):
        one, other = self.initialize(), self.initialize()
        self.executed(one, {})
        self.assertEqual(self.analytics(other)["metrics"]["totalRequests"], 0)


if __name__ == "__main__":
    unittest.main()
