#!/usr/bin/python3
"""executeIntegrationRequest and processResponse: the record, mappings, retries, limits, failures."""
import json
import threading
import time
import unittest

from contract import BreakOff, Contract, Mllp, Peer, answer, message, wait_for


class Execute(Contract):
    def made(self, path, **over):
        return self.initialize(endpoints=[{"name": "one", "url": self.peer.url(path),
                                           "method": "POST", "retries": 0, **over}])

    # ---- the record --------------------------------------------------------------------------

    def test_completed(self):
        self.peer.routes["/good"] = lambda r: answer(
            201, {"id": 7}, {"X-Lab": "yes"}, phrase="Created")
        record = self.made("/good")
        before = int(time.time() * 1000) - 1000
        execution = self.executed(record, {"order": "4711"})
        self.assert_uuid(execution["id"])
        self.assertEqual((execution["integrationId"], execution["endpointId"],
                          execution["status"], execution["error"]),
                         (record["id"], record["endpoints"][0]["id"], "completed", None))
        request, response, metrics = (execution[k] for k in ("request", "response", "metrics"))
        self.assertEqual(request["data"], {"order": "4711"})
        self.assert_time(request["timestamp"])
        self.assertEqual({k.lower(): v for k, v in request["headers"].items()}["content-type"],
                         "application/json")
        self.assertEqual((response["status"], response["statusText"], response["success"],
                          response["data"], response["processedData"]),
                         (201, "Created", True, {"id": 7}, {"id": 7}))
        self.assertEqual({k.lower(): v for k, v in response["headers"].items()}["x-lab"], "yes")
        self.assertNotIn("processingError", response)
        self.assertEqual(set(metrics) >= {"startTime", "endTime", "duration"}, True)
        self.assertEqual(metrics["endTime"] - metrics["startTime"], metrics["duration"])
        self.assertTrue(before < metrics["startTime"] < before + 60000)
        seen = self.peer.seen("/good", "POST")[-1]
        self.assertEqual((json.loads(seen.body), seen.headers["Content-Type"]),
                         ({"order": "4711"}, "application/json"))
        stored = self.ok("GET", f"/executions/{execution['id']}")
        for member in ("id", "integrationId", "endpointId", "status", "error", "metrics",
                       "response", "request"):
            self.assertEqual(stored[member], execution[member], member)

    def test_by_names(self):
        record = self.made("/named")
        got = self.ok("POST", f"/integrations/{record['name']}/endpoints/one/execute", {"data": 1})
        self.assertEqual((got["integrationId"], got["status"]), (record["id"], "completed"))

    def test_a_body_that_is_no_object_is_the_data(self):
        record = self.made("/raw")
        path = self.endpoint_path(record) + "/execute"
        for body, data in (("[1,2]", [1, 2]), ('"text"', "text"), ("7", 7)):
            with self.subTest(body):
                self.assertEqual(self.ok("POST", path, body)["request"]["data"], data)
                self.assertEqual(self.peer.seen("/raw", "POST")[-1].body, body.encode())

    def test_no_data_is_no_body(self):
        record = self.made("/nothing")
        path = self.endpoint_path(record) + "/execute"
        for body in ("{}", '{"data":null}', '{"options":{"timeout":5000}}'):
            with self.subTest(body):
                self.assertIsNone(self.ok("POST", path, body)["request"]["data"])
                self.assertEqual(self.peer.seen("/nothing", "POST")[-1].body, b"")

    def test_options_that_cannot_be_sent(self):
        record = self.made("/options")
        for what, options in (("line end", {"idempotencyKey": "a\r\nX: b"}),
                              ("length", {"headers": {"Content-Length": "1"}}),
                              ("coding", {"headers": {"transfer-encoding": "chunked"}}),
                              ("connection", {"headers": {"Connection": "close"}}),
                              ("no name", {"headers": {"a b": "c"}})):
            with self.subTest(what):
                got = self.execute(record, 1, **options)
                self.assertEqual((got.status, got.json["code"]), (400, "API-009"), got.text)
        self.assertEqual(self.peer.seen("/options", "POST"), [])

    def test_numbers_stay_as_written(self):
        record = self.made("/numbers")
        self.ok("POST", self.endpoint_path(record) + "/execute", '{"data":{"v":1.10,"n":1e3}}')
        self.assertEqual(self.peer.seen("/numbers", "POST")[-1].body, b'{"v":1.10,"n":1e3}')

    def test_every_method(self):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            with self.subTest(method):
                record = self.made(f"/m-{method}", method=method)
                self.executed(record, None if method == "GET" else {"a": 1})
                self.assertEqual(self.peer.seen(f"/m-{method}")[-1].method, method)

    def test_headers_and_parameters(self):
        record = self.made("/q", headers={"X-Site": "a"}, parameters={"kind": "lab"})
        self.executed(record, {}, headers={"X-Site": "b", "X-More": "c"},
                      parameters={"page": "2"})
        seen = self.peer.seen("/q", "POST")[-1]
        self.assertEqual((seen.headers.get_all("X-Site"), seen.headers["X-More"]), (["b"], "c"))
        self.assertEqual(sorted(seen.query), [("kind", "lab"), ("page", "2")])

    def test_unknown_ids(self):
        record = self.made("/in")
        got = self.call("POST", f"/integrations/{record['id']}/endpoints/nowhere/execute", {})
        self.assertEqual(got.status, 404)
        self.assertIn("Endpoint not found: nowhere", got.text)
        got = self.call("POST", "/integrations/nobody/endpoints/one/execute", {})
        self.assertEqual(got.status, 404)
        self.assertIn("Integration not found: nobody", got.text)
        got = self.call("GET", "/executions/00000000-0000-4000-8000-000000000000")
        self.assertEqual(got.status, 404)

    def test_data_that_is_no_json(self):
        record = self.made("/in")
        got = self.call("POST", self.endpoint_path(record) + "/execute", "{")
        self.assertEqual(got.status, 400)

    # ---- mappings ----------------------------------------------------------------------------

    def test_data_mapping_and_response_mapping(self):
        self.peer.routes["/mapped"] = lambda r: answer(200, {"result": {"code": "A1"}})
        record = self.made(
            "/mapped",
            dataMapping={"from": "json", "to": "json",
                         "rules": [{"to": "order.number", "from": "no"}]},
            responseMapping={"from": "json", "to": "json",
                             "rules": [{"to": "code", "from": "result.code"}]})
        execution = self.executed(record, {"no": "4711", "not": "this"})
        self.assertEqual(self.peer.seen("/mapped", "POST")[-1].body, b'{"order":{"number":"4711"}}')
        self.assertEqual(execution["response"]["data"], {"result": {"code": "A1"}})
        self.assertEqual(execution["response"]["processedData"], {"code": "A1"})

    def test_named_mapping(self):
        self.ok("PUT", "/mappings/to-order", {
            "from": "json", "to": "json", "rules": [{"to": "n", "from": "no"}]}, 201)
        record = self.made("/named-map", dataMapping="to-order")
        self.executed(record, {"no": "1"})
        self.assertEqual(self.peer.seen("/named-map", "POST")[-1].body, b'{"n":"1"}')

    def test_a_response_that_cannot_be_mapped(self):
        self.peer.routes["/odd"] = lambda r: answer(200, {"other": 1})
        record = self.made("/odd", responseMapping={
            "from": "json", "to": "json",
            "rules": [{"to": "code", "from": "result.code", "required": True}]})
        execution = self.executed(record, {})
        self.assertEqual((execution["status"], execution["error"]), ("completed", None))
        self.assertIsNone(execution["response"]["processedData"])
        self.assertTrue(execution["response"]["processingError"])
        self.assertEqual(execution["response"]["data"], {"other": 1})

    def test_data_that_cannot_be_mapped_is_not_sent(self):
        record = self.made("/unmapped", dataMapping={
            "from": "json", "to": "json",
            "rules": [{"to": "n", "from": "no", "required": True}]})
        execution = self.failed(record, 502, {"other": 1})
        self.assertEqual(execution["status"], "failed")
        self.assertTrue(execution["error"])
        self.assertEqual(self.peer.seen("/unmapped", "POST"), [])

    def test_a_response_that_is_no_json(self):
        self.peer.routes["/text"] = lambda r: answer(200, b"hello", {"Content-Type": "text/plain"})
        self.assertEqual(self.executed(self.made("/text"), {})["response"]["data"], "hello")

    def test_a_response_without_a_body(self):
        self.peer.routes["/empty"] = lambda r: answer(204)
        response = self.executed(self.made("/empty"), {})["response"]
        self.assertEqual((response["status"], response["success"]), (204, True))
        self.assertIn(response["data"], (None, ""))

    # ---- failures ----------------------------------------------------------------------------

    def test_http_errors_are_kept(self):
        rows = [(400, "Bad Request"), (404, "Not Found"), (409, "Conflict"),
                (422, "Unprocessable Content"), (500, "Internal Server Error"),
                (503, "Service Unavailable")]
        record = self.made("/status")
        for status, phrase in rows:
            with self.subTest(status):
                self.peer.routes["/status"] = lambda r, status=status, phrase=phrase: answer(
                    status, {"why": "x"}, phrase=phrase)
                execution = self.failed(record, 502, {})
                self.assertEqual((execution["status"], execution["error"]),
                                 ("failed", f"HTTP {status}: {phrase}"))
                response = execution["response"]
                self.assertEqual((response["status"], response["statusText"], response["success"],
                                  response["data"]), (status, phrase, False, {"why": "x"}))
                stored = self.ok("GET", f"/executions/{execution['id']}")
                self.assertEqual((stored["status"], stored["error"]),
                                 ("failed", f"HTTP {status}: {phrase}"))

    def test_redirects_count_as_success(self):
        self.peer.routes["/moved"] = lambda r: answer(304)
        response = self.executed(self.made("/moved"), {})["response"]
        self.assertEqual((response["status"], response["success"]), (304, True))

    def test_a_peer_that_is_down(self):
        with Peer() as other:
            record = self.initialize(endpoints=[
                {"name": "one", "url": other.url("/"), "method": "POST", "retries": 0}])
        execution = self.failed(record, 502, {})
        self.assertEqual((execution["status"], execution["response"]), ("failed", None))
        self.assertTrue(execution["error"])

    def test_a_peer_that_is_slow(self):
        record = self.made("/slow", timeout=300)
        self.peer.gate.clear()
        self.peer.routes["/slow"] = self.peer.hold
        execution = self.failed(record, 504, {})
        self.peer.gate.set()
        self.assertEqual(execution["status"], "failed")
        self.assertRegex(execution["error"].lower(), "time")
        self.assertGreaterEqual(execution["metrics"]["duration"], 250)

    def test_the_calls_own_timeout(self):
        record = self.made("/slow2")
        self.peer.gate.clear()
        self.peer.routes["/slow2"] = self.peer.hold
        execution = self.failed(record, 504, {}, timeout=200)
        self.peer.gate.set()
        self.assertLess(execution["metrics"]["duration"], 20000)

    def test_a_peer_that_breaks_off(self):
        def nothing(_):
            raise BreakOff()

        def half(_):
            raise BreakOff(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

        record = self.made("/broken")
        for what, behave in (("before the answer", nothing), ("within it", half)):
            with self.subTest(what):
                self.peer.routes["/broken"] = behave
                execution = self.failed(record, 502, {})
                self.assertEqual(execution["status"], "failed")
                self.assertTrue(execution["error"])

    # ---- retries, idempotency, rate ----------------------------------------------------------

    def test_retries(self):
        answers = iter([503, 503, 200])
        record = self.made("/retry", retries=3)
        self.peer.routes["/retry"] = lambda r: answer(next(answers))
        execution = self.executed(record, {})
        self.assertEqual(execution["status"], "completed")
        self.assertEqual(len(execution["attempts"]), 3)
        self.assertEqual(len(self.peer.seen("/retry", "POST")), 3)

    def test_retries_end(self):
        record = self.made("/never", retries=2)
        self.peer.routes["/never"] = lambda r: answer(503)
        execution = self.failed(record, 502, {})
        self.assertEqual(execution["error"], "HTTP 503: Service Unavailable")
        self.assertEqual(len(self.peer.seen("/never", "POST")), 3)

    def test_the_calls_own_retries(self):
        record = self.made("/none", retries=5)
        self.peer.routes["/none"] = lambda r: answer(503)
        self.failed(record, 502, {}, retries=0)
        self.assertEqual(len(self.peer.seen("/none", "POST")), 1)

    def test_a_definite_no_is_not_repeated(self):
        record = self.made("/no", retries=3)
        self.peer.routes["/no"] = lambda r: answer(400)
        self.failed(record, 502, {})
        self.assertEqual(len(self.peer.seen("/no", "POST")), 1)

    def test_what_may_have_arrived_is_not_repeated(self):
        def nothing(_):
            raise BreakOff()
        record = self.made("/unsure", retries=3)
        self.peer.routes["/unsure"] = nothing
        self.failed(record, 502, {})
        self.assertEqual(len(self.peer.seen("/unsure", "POST")), 1)

    def test_idempotency_key_goes_along_and_allows_a_repeat(self):
        calls = []

        def once(request):
            calls.append(request.headers.get("Idempotency-Key"))
            if len(calls) == 1:
                raise BreakOff()
            return answer(200, {})

        record = self.made("/keyed", retries=2)
        self.peer.routes["/keyed"] = once
        self.executed(record, {}, idempotencyKey="key-1")
        self.assertEqual(calls, ["key-1", "key-1"])

    def test_dry_run(self):
        record = self.made("/dry", dataMapping={
            "from": "json", "to": "json", "rules": [{"to": "n", "from": "no"}]})
        got = self.executed(record, {"no": "1"}, dryRun=True)
        self.assertEqual(self.peer.seen("/dry", "POST"), [])
        self.assertEqual(got["request"]["data"], {"no": "1"})
        self.assertEqual((got["wouldSend"]["method"], got["wouldSend"]["data"]),
                         ("POST", {"n": "1"}))
        self.assertEqual(self.ok("GET", f"/integrations/{record['id']}/executions")["items"], [])

    def test_rate_limit(self):
        record = self.made("/rate", rateLimit={"requests": 2, "per": "1s", "burst": 1})
        start = time.monotonic()
        threads = [threading.Thread(target=self.execute, args=(record, {})) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # one at once, then one each half second; nothing is lost
        self.assertEqual(len(self.peer.seen("/rate", "POST")), 4)
        self.assertGreaterEqual(time.monotonic() - start, 1.5)

    def test_no_connection_is_tried_again(self):
        with Peer() as other:
            record = self.initialize(endpoints=[
                {"name": "one", "url": other.url("/"), "method": "POST", "retries": 2}])
        self.assertEqual(len(self.failed(record, 502, {})["attempts"]), 3)

    def test_many_at_once_do_not_mix(self):
        self.peer.routes["/echo"] = lambda r: answer(200, json.loads(r.body or b"null"))
        record = self.made("/echo")
        results = {}

        def one(n):
            results[n] = self.executed(record, {"n": n})["response"]["data"]["n"]

        threads = [threading.Thread(target=one, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, {n: n for n in range(40)})

    def test_a_megabyte_each_way(self):
        text = "é" * 500000
        record = self.made("/large")
        self.peer.routes["/large"] = lambda r: answer(200, json.loads(r.body))
        response = self.executed(record, {"text": text})["response"]
        self.assertEqual(response["data"], {"text": text})

    def test_who_may_see_the_data(self):
        record = self.made("/content")
        execution = self.executed(record, {"seen": "by-operators-only"})
        path = f"/executions/{execution['id']}"
        for role, sees in (("viewer", False), ("operator", True)):
            with self.subTest(role):
                key = self.ok("POST", "/keys", {"name": self.name(role), "role": role}, 201)
                got = self.call("GET", path, key=key["key"])
                self.assertEqual((got.status, "by-operators-only" in got.text), (200, sees))
                self.assertEqual((got.json["status"], got.json["metrics"]),
                                 ("completed", execution["metrics"]))
                looks = [a for a in self.ok("GET", "/audit")["items"]
                         if a["actor"] == key["id"] and execution["id"] in json.dumps(a)]
                self.assertEqual(bool(looks), sees)

    # ---- executions and logs -----------------------------------------------------------------

    def test_lists_and_logs(self):
        record = self.made("/listed")
        good = self.executed(record, {})
        self.peer.routes["/listed"] = lambda r: answer(500)
        bad = self.failed(record, 502, {})
        base = f"/integrations/{record['id']}"
        items = wait_for("both are listed", lambda: (
            lambda i: i if len(i) == 2 else None)(self.ok("GET", base + "/executions")["items"]))
        self.assertEqual([i["id"] for i in items], [bad["id"], good["id"]])
        failed = self.ok("GET", base + "/executions?status=failed")["items"]
        self.assertEqual([i["id"] for i in failed], [bad["id"]])
        end = record["endpoints"][0]["id"]
        self.assertEqual(len(self.ok("GET", f"{base}/executions?endpoint={end}")["items"]), 2)
        everywhere = self.ok("GET", f"/executions?integration={record['id']}")["items"]
        self.assertEqual(len(everywhere), 2)
        logs = self.ok("GET", base + "/logs")["items"]
        self.assertEqual([entry["level"] for entry in logs], ["error", "success"])
        for entry, execution in zip(logs, (bad, good)):
            self.assertEqual(set(entry) >= {
                "id", "level", "integrationId", "endpointId", "executionId", "status", "duration",
                "error", "timestamp"}, True, sorted(entry))
            self.assert_uuid(entry["id"])
            self.assert_time(entry["timestamp"])
            self.assertEqual((entry["integrationId"], entry["endpointId"], entry["executionId"],
                              entry["status"], entry["duration"], entry["error"]),
                             (record["id"], end, execution["id"], execution["status"],
                              execution["metrics"]["duration"], execution["error"]))
        errors = self.ok("GET", base + "/logs?level=error")["items"]
        self.assertEqual([entry["executionId"] for entry in errors], [bad["id"]])
        page = self.ok("GET", base + "/executions?limit=1")
        rest = self.ok("GET", f"{base}/executions?limit=1&before={page['next']}")
        self.assertEqual([page["items"][0]["id"], rest["items"][0]["id"]],
                         [bad["id"], good["id"]])


CHANNEL = """
engine: contract
---
integration: receiver
type: rest_api
endpoints:
  - { name: in, url: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/in", method: POST, retries: 1 }
---
channel: adt-in
source: { type: hl7_v2, listen: "mllp://127.0.0.1:0" }
destinations: [ { to: receiver/in, backoff: { first: 20ms, max: 100ms } } ]
"""


class Deliveries(Contract):
    config = CHANNEL

    @classmethod
    def before(cls):
        cls.variables = {"ZARISH_RECEIVER": str(cls.peer.port)}

    def counts(self):
        metrics = self.ok("GET", "/integrations/receiver/analytics")["metrics"]
        return [metrics[n] for n in ("totalRequests", "successfulRequests", "failedRequests")]

    def test_each_attempt_is_an_execution(self):
        answers = iter([503, 200])
        self.peer.routes["/in"] = lambda r: answer(next(answers, 200)
                                                   if r.method == "POST" else 200)
        before = self.counts()
        with Mllp(self.engine.address("adt-in")) as sender:
            self.assertEqual(sender.call(message("C1"))[0], "AA")
        self.engine.wait_state("C1", "delivered")
        integration = self.ok("GET", "/integrations/receiver")
        found = self.engine.find("C1")[0]

        def attempts():
            items = self.ok("GET", "/integrations/receiver/executions")["items"]
            items = [i for i in items if i["message"] == found["id"]]
            return items if len(items) == 2 else None

        items = wait_for("both attempts are listed", attempts)
        self.assertEqual([(i["status"], i["attempt"]) for i in items],
                         [("completed", 2), ("failed", 1)])
        for item in items:
            self.assertEqual((item["integrationId"], item["endpointId"], item["channel"]),
                             (integration["id"], integration["endpoints"][0]["id"], "adt-in"))
        self.assertEqual(items[1]["error"], "HTTP 503: Service Unavailable")
        self.assertEqual([b - a for a, b in zip(before, self.counts())], [2, 1, 1])

    def test_a_paused_integration_keeps_its_deliveries(self):
        self.peer.routes.pop("/in", None)
        self.ok("POST", "/integrations/receiver/pause")
        before = len(self.peer.seen("/in", "POST"))
        with Mllp(self.engine.address("adt-in")) as sender:
            self.assertEqual(sender.call(message("C2"))[0], "AA")
        self.assertEqual(self.engine.find("C2")[0]["delivery"], "queued")
        self.ok("POST", "/integrations/receiver/resume")
        self.engine.wait_state("C2", "delivered")
        self.assertEqual(len(self.peer.seen("/in", "POST")), before + 1)

    def test_one_that_is_used_is_not_deleted(self):
        self.assertEqual(self.call("DELETE", "/integrations/receiver").status, 409)


class Unreachable(Contract):
    """A peer that is down when the engine starts: messages wait, the integration comes back."""

    config = CHANNEL

    @classmethod
    def before(cls):
        with Peer() as other:
            cls.port = other.port
        cls.variables = {"ZARISH_RECEIVER": str(cls.port)}

    def test_it_becomes_active(self):
        failed = wait_for("the first probe", lambda: (
            lambda i: i if i["status"] == "failed" else None)(
                self.ok("GET", "/integrations/receiver")))
        self.assertRegex(failed["error"], r"^Connectivity test failed: in: .+")
        with Mllp(self.engine.address("adt-in")) as sender:
            self.assertEqual(sender.call(message("U1"))[0], "AA")
        with Peer(port=self.port) as receiver:
            wait_for("it is active", lambda: self.ok(
                "GET", "/integrations/receiver")["status"] == "active")
            self.engine.wait_state("U1", "delivered")
            self.assertEqual(receiver.seen("/in", "POST")[0].body, message("U1"))
        self.assertNotIn("error", self.ok("GET", "/integrations/receiver"))


if __name__ == "__main__":
    unittest.main()
