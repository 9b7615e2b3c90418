#!/usr/bin/python3
"""configureEndpoints, setupDataMappings, testConnectivity, testEndpoint."""
import unittest

from contract import Contract, Peer, answer


class Endpoints(Contract):
    def one(self, kind="rest_api", **over):
        endpoint = {"url": self.peer.url("/in"), "method": "POST", **over}
        return self.initialize(type=kind, endpoints=[endpoint])["endpoints"][0]

    def test_defaults(self):
        endpoint = self.one()
        self.assert_uuid(endpoint["id"])
        self.assertEqual(
            {k: endpoint[k] for k in ("name", "url", "method", "parameters", "timeout", "retries",
                                      "status")},
            {"name": "rest_api_1", "url": self.peer.url("/in"), "method": "POST", "parameters": {},
             "timeout": 30000, "retries": 3, "status": "configured"})
        self.assertEqual({k.lower(): v for k, v in endpoint["headers"].items()},
                         {"content-type": "application/json", "accept": "application/json"})
        for name in ("rateLimit", "dataMapping", "responseMapping"):
            self.assertIsNone(endpoint.get(name), name)

    def test_names_count_within_the_integration(self):
        record = self.initialize(endpoints=[
            {"url": self.peer.url("/a"), "method": "GET"},
            {"url": self.peer.url("/b"), "method": "GET", "name": "mine"},
            {"url": self.peer.url("/c"), "method": "GET"}])
        self.assertEqual([e["name"] for e in record["endpoints"]],
                         ["rest_api_1", "mine", "rest_api_3"])
        self.assertEqual(len({e["id"] for e in record["endpoints"]}), 3)

    def test_what_is_given_is_kept(self):
        endpoint = self.one(
            method="put", name="results", headers={"X-Site": "a", "Accept": "text/plain"},
            parameters={"kind": "lab"}, timeout=5000, retries=7,
            rateLimit={"requests": 200, "per": "1s", "burst": 50})
        self.assertEqual((endpoint["method"], endpoint["name"], endpoint["timeout"],
                          endpoint["retries"], endpoint["parameters"]),
                         ("PUT", "results", 5000, 7, {"kind": "lab"}))
        headers = {k.lower(): v for k, v in endpoint["headers"].items()}
        self.assertEqual((headers["x-site"], headers["accept"], headers["content-type"]),
                         ("a", "text/plain", "application/json"))
        self.assertEqual(endpoint["rateLimit"]["requests"], 200)
        self.assertEqual(endpoint["rateLimit"]["burst"], 50)

    def test_zero_stays_zero(self):
        self.assertEqual(self.one(retries=0)["retries"], 0)

    def test_content_types_by_type(self):
        endpoint = self.one("fhir_api", method="GET")
        headers = {k.lower(): v for k, v in endpoint["headers"].items()}
        self.assertEqual((headers["content-type"], headers["accept"]),
                         ("application/fhir+json", "application/fhir+json"))
        self.assertEqual(endpoint["name"], "fhir_api_1")

    def test_get_and_list(self):
        record = self.initialize(endpoints=[
            {"url": self.peer.url("/a"), "method": "GET", "name": "first"},
            {"url": self.peer.url("/b"), "method": "GET", "name": "second"}])
        base = f"/integrations/{record['id']}/endpoints"
        listed = self.ok("GET", base)
        self.assertEqual([e["name"] for e in listed["items"]], ["first", "second"])
        by_id = self.ok("GET", f"{base}/{record['endpoints'][1]['id']}")
        by_name = self.ok("GET", f"{base}/second")
        self.assertEqual(by_id, by_name)
        self.assertEqual(by_id["url"], self.peer.url("/b"))
        got = self.call("GET", base + "/third")
        self.assertEqual(got.status, 404)
        self.assertIn("Endpoint not found: third", got.text)

    def test_ids_stay_over_a_change(self):
        config = self.integration()
        record = self.initialize(config)
        config["organization"] = "other"
        after = self.ok("PUT", f"/integrations/{record['id']}", config)
        self.assertEqual([e["id"] for e in after["endpoints"]],
                         [e["id"] for e in record["endpoints"]])

    def test_mappings_are_compiled(self):
        self.ok("PUT", "/mappings/contract-map", {
            "from": "json", "to": "json", "rules": [{"to": "b", "from": "a"}]}, 201)
        endpoint = {"url": self.peer.url("/in"), "method": "POST"}
        record = self.initialize(endpoints=[{**endpoint, "dataMapping": "contract-map"}])
        self.assertEqual(record["endpoints"][0]["dataMapping"], "contract-map")
        self.assertIn("contract-map", str(record["mappings"]))
        for what, mapping in (("no such mapping", "nowhere"),
                              ("a rule without a source", {"rules": [{"to": "b"}]})):
            with self.subTest(what):
                failed = self.initialize(status=422, endpoints=[
                    {**endpoint, "dataMapping": mapping}])
                self.assertEqual(failed["status"], "failed")
                self.assertTrue(failed["error"])

    # ---- connectivity ------------------------------------------------------------------------

    def test_connectivity_of_an_integration(self):
        record = self.initialize(endpoints=[
            {"url": self.peer.url("/up"), "method": "GET", "name": "up"},
            {"url": self.peer.url("/flaky"), "method": "POST", "name": "flaky"}])
        good = self.ok("POST", f"/integrations/{record['id']}/test")
        self.assert_members(good, "integrationId", "timestamp", "endpoints", "overall", "success",
                            "error")
        self.assertEqual(good["integrationId"], record["id"])
        self.assert_time(good["timestamp"])
        self.assertEqual(good["overall"], {"success": True, "totalEndpoints": 2,
                                           "successfulEndpoints": 2, "failedEndpoints": 0})
        self.assertEqual((good["success"], good["error"]), (True, None))
        self.peer.routes["/flaky"] = lambda _: answer(500)
        bad = self.ok("POST", f"/integrations/{record['id']}/test")
        self.assertEqual(bad["overall"], {"success": False, "totalEndpoints": 2,
                                          "successfulEndpoints": 1, "failedEndpoints": 1})
        self.assertEqual((bad["success"], bad["error"]),
                         (False, "flaky: HTTP 500: Internal Server Error"))
        up, flaky = bad["endpoints"]
        for test, endpoint in ((up, record["endpoints"][0]), (flaky, record["endpoints"][1])):
            self.assert_members(test, "endpointId", "url", "method", "success", "responseTime",
                                "statusCode", "error", "probe")
            self.assertEqual((test["endpointId"], test["url"], test["method"]),
                             (endpoint["id"], endpoint["url"], endpoint["method"]))
        self.assertEqual((up["success"], up["statusCode"], up["error"]), (True, 200, None))
        self.assertIsInstance(up["responseTime"], int)
        self.assertEqual((flaky["success"], flaky["statusCode"], flaky["error"]),
                         (False, 500, "HTTP 500: Internal Server Error"))

    def test_one_endpoint(self):
        record = self.initialize()
        test = self.ok("POST", self.endpoint_path(record) + "/test")
        self.assertEqual((test["endpointId"], test["success"], test["statusCode"]),
                         (record["endpoints"][0]["id"], True, 200))
        self.assert_members(test, "url", "method", "responseTime", "error", "probe")

    def test_a_peer_that_went_away(self):
        with Peer() as other:
            record = self.initialize(endpoints=[
                {"name": "one", "url": other.url("/"), "method": "GET", "timeout": 2000}])
        test = self.ok("POST", f"/integrations/{record['id']}/test")
        one = test["endpoints"][0]
        self.assertEqual((one["success"], one["statusCode"], test["success"]), (False, None, False))
        self.assertEqual(test["error"], f"one: {one['error']}")

    def test_what_a_probe_accepts(self):
        rows = [(200, True), (302, True), (404, True), (405, True), (401, False), (403, False),
                (407, False), (500, False), (503, False)]
        record = self.initialize(endpoints=[
            {"url": self.peer.url("/probed"), "method": "POST"}])
        for status, good in rows:
            with self.subTest(status):
                self.peer.routes["/probed"] = lambda _, status=status: answer(status)
                test = self.ok("POST", self.endpoint_path(record) + "/test")
                self.assertEqual((test["success"], test["statusCode"]), (good, status))


if __name__ == "__main__":
    unittest.main()
