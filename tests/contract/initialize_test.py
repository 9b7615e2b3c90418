#!/usr/bin/python3
"""initializeIntegration: the record and every way it fails; the record's life afterwards."""
import unittest

from contract import Contract, answer, closed_port


class Initialize(Contract):
    def test_the_record(self):
        config = self.integration(createdBy="ann", organization="St. Example",
                                  environment="staging")
        got = self.call("POST", "/integrations", config)
        self.assertEqual(got.status, 201, got.text)
        record = got.json
        self.assert_members(record, "id", "name", "type", "status", "configuration", "endpoints",
                            "credentials", "mappings", "validation", "metadata", "origin",
                            "version")
        self.assert_uuid(record["id"])
        self.assertEqual((record["name"], record["type"], record["status"], record["origin"]),
                         (config["name"], "rest_api", "active", "api"))
        self.assertNotIn("error", record)
        for name in ("name", "type", "createdBy", "organization", "environment", "endpoints"):
            self.assertEqual(record["configuration"][name], config[name], name)
        self.assertEqual(record["credentials"],
                         {"type": "none", "configured": False,
                          "details": {"message": "No authentication configured"}})
        self.assertEqual(record["mappings"], [])
        self.assertEqual((record["validation"]["valid"], record["validation"]["errors"],
                          record["validation"]["checkedFields"]),
                         (True, [], ["name", "type", "endpoints"]))
        meta = record["metadata"]
        self.assert_time(meta["createdAt"])
        self.assertEqual((meta["createdBy"], meta["organization"], meta["environment"]),
                         ("ann", "St. Example", "staging"))
        self.assertIn(record["id"], got.headers["Location"])
        self.assertEqual(self.ok("GET", f"/integrations/{record['id']}"), record)
        self.assertEqual(self.ok("GET", f"/integrations/{record['name']}"), record)

    def test_the_environment_is_production_by_default(self):
        self.assertEqual(self.initialize()["metadata"]["environment"], "production")

    def test_a_failed_integration_is_stored_and_answered(self):
        broken = [{"url": self.peer.url(), "method": "FETCH"}]
        rows = [
            ("validation", {"endpoints": broken},
             "Integration validation failed: Invalid HTTP method: FETCH"),
            ("two errors", {"type": "soap", "endpoints": broken},
             "Integration validation failed: Invalid integration type: soap, "
             "Invalid HTTP method: FETCH"),
            ("authentication", {"authentication": {"type": "oauth2"}},
             "Authentication setup failed: OAuth2 token URL is required"),
            ("no client", {"authentication": {"type": "oauth2", "tokenUrl": self.peer.url("/t")}},
             "Authentication setup failed: OAuth2 client credentials are required"),
            ("no client secret", {"authentication": {
                "type": "oauth2", "tokenUrl": self.peer.url("/t"), "clientId": "c"}},
             "Authentication setup failed: OAuth2 client credentials are required"),
            ("no key", {"authentication": {"type": "api_key"}},
             "Authentication setup failed: API key is required"),
            ("no JWT secret", {"authentication": {"type": "jwt"}},
             "Authentication setup failed: JWT secret is required"),
        ]
        for what, over, error in rows:
            with self.subTest(what):
                record = self.initialize(status=422, **over)
                self.assertEqual((record["status"], record["error"]), ("failed", error))
                self.assert_uuid(record["id"])
                self.assert_time(record["metadata"]["createdAt"])
                stored = self.ok("GET", f"/integrations/{record['id']}")
                self.assertEqual((stored["status"], stored["error"]), ("failed", error))

    def test_connectivity(self):
        self.peer.routes["/503"] = lambda _: answer(503)
        self.peer.routes["/401"] = lambda _: answer(401)
        rows = [
            ("nobody listens", f"http://127.0.0.1:{closed_port()}/", None),
            ("an error", self.peer.url("/503"), "HTTP 503: Service Unavailable"),
            ("not let in", self.peer.url("/401"), "HTTP 401: Unauthorized"),
        ]
        for what, url, reason in rows:
            with self.subTest(what):
                endpoints = [{"name": "one", "url": url, "method": "POST"}]
                record = self.initialize(status=422, endpoints=endpoints)
                self.assertEqual(record["status"], "failed")
                self.assertRegex(record["error"], r"^Connectivity test failed: one: .+")
                if reason:
                    self.assertEqual(record["error"], f"Connectivity test failed: one: {reason}")

    def test_probes_have_no_side_effects_unless_wanted(self):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            with self.subTest(method):
                self.initialize(endpoints=[{"url": self.peer.url("/quiet"), "method": method}])
                self.assertEqual(self.peer.seen("/quiet", method), [])
        self.assertTrue({r.method for r in self.peer.seen("/quiet")} <= {"HEAD", "OPTIONS", "GET"})
        self.initialize(endpoints=[{"url": self.peer.url("/loud"), "method": "POST",
                                    "probe": "request"}])
        self.assertEqual(len(self.peer.seen("/loud", "POST")), 1)

    def test_probe_request_has_the_guides_rule(self):
        for status, good in ((200, True), (204, True), (304, True), (404, False), (500, False)):
            with self.subTest(status):
                self.peer.routes["/rule"] = lambda _, status=status: answer(status)
                endpoints = [{"name": "one", "url": self.peer.url("/rule"), "method": "POST",
                              "probe": "request"}]
                record = self.initialize(status=201 if good else 422, endpoints=endpoints)
                self.assertEqual(record["status"], "active" if good else "failed")
                if status == 404:
                    self.assertEqual(record["error"],
                                     "Connectivity test failed: one: HTTP 404: Not Found")

    def test_names_are_unique_and_a_failed_one_is_replaced(self):
        name = self.name()
        port = closed_port()
        failed = self.initialize(status=422, name=name, endpoints=[
            {"url": f"http://127.0.0.1:{port}/", "method": "GET"}])
        active = self.initialize(self.integration(name))
        self.assertEqual((active["id"], active["status"]), (failed["id"], "active"))
        self.assertNotIn("error", active)
        self.assertEqual(self.call("POST", "/integrations", self.integration(name)).status, 409)

    def test_what_is_no_integration(self):
        for what, body in (("no JSON", "{"), ("an array", "[]"), ("a text", '"x"')):
            with self.subTest(what):
                self.assertEqual(self.call("POST", "/integrations", body).status, 400)
        got = self.call("POST", "/integrations", {})
        self.assertIn(got.status, (400, 422))
        self.assertIn("Required field 'name' is missing", got.text)

    def test_unknown_ids_have_the_guides_text(self):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/test"),
                             ("GET", "/health"), ("GET", "/analytics"), ("GET", "/executions"),
                             ("GET", "/logs"), ("GET", "/endpoints")):
            with self.subTest(method + path):
                got = self.call(method, f"/integrations/nobody{path}")
                self.assertEqual(got.status, 404, got.text)
                self.assertEqual(got.headers["Content-Type"], "application/problem+json")
                self.assertIn("Integration not found: nobody", got.text)

    def test_list_and_pages(self):
        names = [self.initialize(name=self.name("page"))["name"] for _ in range(3)]
        seen, after = [], ""
        while True:
            page = self.ok("GET", "/integrations?limit=2" + (f"&after={after}" if after else ""))
            self.assertLessEqual(len(page["items"]), 2)
            seen += [i["name"] for i in page["items"]]
            after = page["next"]
            if not after:
                break
        self.assertEqual(seen, sorted(seen))
        self.assertEqual([n for n in seen if n in names], names)
        self.assertEqual(self.ok("GET", "/integrations?type=database")["items"], [])
        for item in self.ok("GET", "/integrations?status=failed")["items"]:
            self.assertEqual(item["status"], "failed")

    def test_replace_with_the_version_that_was_seen(self):
        config = self.integration()
        record = self.initialize(config)
        path = f"/integrations/{record['id']}"
        tag = self.call("GET", path).headers["ETag"]
        config["organization"] = "changed"
        got = self.call("PUT", path, config, headers={"If-Match": tag})
        self.assertEqual(got.status, 200, got.text)
        self.assertEqual((got.json["id"], got.json["metadata"]["organization"]),
                         (record["id"], "changed"))
        self.assertNotEqual(got.headers["ETag"], tag)
        self.assertEqual(self.call("PUT", path, config, headers={"If-Match": tag}).status, 412)
        self.assertEqual(self.call("DELETE", path, headers={"If-Match": tag}).status, 412)
        config["endpoints"][0]["method"] = "FETCH"
        got = self.call("PUT", path, config)
        self.assertEqual(got.status, 422, got.text)
        self.assertEqual(got.json["error"],
                         "Integration validation failed: Invalid HTTP method: FETCH")

    def test_delete(self):
        record = self.initialize()
        path = f"/integrations/{record['id']}"
        self.assertEqual(self.call("DELETE", path).status, 204)
        self.assertEqual(self.call("GET", path).status, 404)
        self.assertEqual(self.call("DELETE", path).status, 404)
        again = self.initialize(name=record["name"])
        self.assertEqual(again["status"], "active")

    def test_pause_and_resume(self):
        record = self.initialize()
        path = f"/integrations/{record['id']}"
        self.assertEqual(self.ok("POST", path + "/pause")["status"], "paused")
        self.assertEqual(self.ok("GET", path)["status"], "paused")
        got = self.execute(record, {"a": 1})
        self.assertEqual(got.status, 409, got.text)
        self.assertEqual(self.ok("POST", path + "/resume")["status"], "active")
        self.executed(record, {"a": 1})

    def test_it_stays_over_a_restart(self):
        record = self.initialize()
        paused = self.initialize()
        failed = self.initialize(status=422, endpoints=[{"url": "x", "method": "GET"}])
        self.ok("POST", f"/integrations/{paused['id']}/pause")
        self.engine.stop()
        self.engine.start()
        for one, status in ((record, "active"), (paused, "paused"), (failed, "failed")):
            with self.subTest(status):
                after = self.ok("GET", f"/integrations/{one['id']}")
                self.assertEqual((after["name"], after["status"], after["metadata"]),
                                 (one["name"], status, one["metadata"]))
        self.executed(record, {"a": 1})


if __name__ == "__main__":
    unittest.main()
