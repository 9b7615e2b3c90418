#!/usr/bin/python3
"""monitorIntegrationHealth."""
import unittest

from contract import Contract, Peer, answer


class Health(Contract):
    def health_of(self, record):
        health = self.ok("GET", f"/integrations/{record['id']}/health")
        self.assertEqual(health["integrationId"], record["id"])
        self.assert_time(health["timestamp"])
        metrics = health["metrics"]
        self.assertEqual(set(metrics) >= {"totalEndpoints", "healthyEndpoints",
                                          "unhealthyEndpoints", "averageResponseTime"}, True)
        good = [e for e in health["endpoints"] if e["success"]]
        self.assertEqual((metrics["totalEndpoints"], metrics["healthyEndpoints"],
                          metrics["unhealthyEndpoints"]),
                         (len(health["endpoints"]), len(good),
                          len(health["endpoints"]) - len(good)))
        times = [e["responseTime"] for e in good]
        mean = int(sum(times) / len(times) + 0.5) if times else 0  # as Math.round
        self.assertEqual(metrics["averageResponseTime"], mean)
        for endpoint in health["endpoints"]:
            self.assert_members(endpoint, "endpointId", "url", "method", "success", "responseTime",
                                "statusCode", "error")
        return health

    def test_healthy_degraded_unhealthy(self):
        record = self.initialize(endpoints=[
            {"name": n, "url": self.peer.url(f"/{n}"), "method": "POST"} for n in ("a", "b")])
        down = lambda _: answer(503)  # noqa: E731
        up = lambda _: answer(200, {})  # noqa: E731
        rows = [("healthy", up, up), ("degraded", up, down), ("degraded", down, up),
                ("unhealthy", down, down), ("healthy", up, up)]
        for status, a, b in rows:
            with self.subTest(status):
                self.peer.routes.update({"/a": a, "/b": b})
                health = self.health_of(record)
                self.assertEqual(health["status"], status)
                self.assertNotIn("error", health)
        self.assertEqual(self.peer.seen("/a", "POST"), [])  # looking has no side effects

    def test_reasons(self):
        self.peer.routes["/r"] = lambda _: answer(200, {})
        with Peer() as other:
            record = self.initialize(endpoints=[
                {"name": "gone", "url": other.url("/"), "method": "GET", "timeout": 2000},
                {"name": "bad", "url": self.peer.url("/r"), "method": "GET"}])
        self.peer.routes["/r"] = lambda _: answer(500)
        gone, bad = self.health_of(record)["endpoints"]
        self.assertEqual((bad["statusCode"], bad["error"]),
                         (500, "HTTP 500: Internal Server Error"))
        self.assertIsNone(gone["statusCode"])
        self.assertTrue(gone["error"])

    def test_a_slow_peer_ends_at_the_endpoints_timeout(self):
        record = self.initialize(endpoints=[
            {"name": "slow", "url": self.peer.url("/slow"), "method": "POST", "timeout": 300}])
        self.peer.gate.clear()
        self.peer.routes["/slow"] = self.peer.hold
        health = self.health_of(record)
        self.peer.gate.set()
        self.assertEqual(health["status"], "unhealthy")


if __name__ == "__main__":
    unittest.main()
