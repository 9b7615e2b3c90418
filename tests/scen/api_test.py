#!/usr/bin/python3
"""The management API against its own OpenAPI document, on a running engine.

The document is valid OpenAPI 3.1; every operation in it is called, and what comes back is one of
the answers it names, with a body of the schema it names and not a member more; every route refuses
a caller without credential and one with too small a role; what the document says of parameters and
bodies is held. Skipped (77) where python3-jsonschema is missing.

    api_test.py [-v] [TestClass[.test]]
"""
import contextlib
import copy
import http.client
import http.server
import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

try:
    import jsonschema
    from jsonschema import Draft202012Validator
except ImportError:
    print("python3-jsonschema is missing")
    sys.exit(77)

from engine import LIMIT, ROOT, Engine, Mllp, message, wait_for

CONFIG = """
integration: filed
type: rest_api
endpoints:
  - { name: in, url: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/in", method: POST, retries: 0 }
---
channel: adt-in
source: { type: hl7_v2, listen: "mllp://127.0.0.1:0" }
destinations: [ { to: filed/in, uncertain: resend } ]
"""

ROLES = ["viewer", "operator", "editor", "admin"]


class Peer:
    """An HTTP server: answers `status` and echoes what it got; keeps the requests."""

    def __init__(self):
        self.requests = []
        self.status = 200
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
                peer.requests.append((self.command, self.path, dict(self.headers), body))
                status = peer.status if self.command not in ("HEAD", "OPTIONS") else 200
                out = b'{"got": true}'
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(out)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(out)

            do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def closed(schemas):
    """The same schemas, but nothing may be there that they do not name."""
    out = copy.deepcopy(schemas)
    for name, schema in out.items():
        if not name.startswith("config.") and "properties" in schema:
            schema["additionalProperties"] = False
    return out


class Api:
    """Calls by operationId, each checked against the document; remembers what was called."""

    def __init__(self, engine):
        self.engine = engine
        self.document = engine.get("/api/v1/openapi.json")
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()}
        self.schemas = closed(self.document["components"]["schemas"])
        self.called = set()

    def call(self, name, want, /, *, query=None, body=None, headers=None, key=None, **params):
        """Answer (headers, body read) of one call, which must be answered `want`."""
        method, path, operation = self.operations[name]
        url = re.sub(r"\{(\w+)\}", lambda m: quote(str(params.pop(m.group(1))), safe=""), path)
        assert not params, params
        if query:
            url += "?" + urlencode(query)
        head = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        status, got, raw = self.engine.request(method, url, key, body, head)
        assert status == want, (name, url, status, raw[:1500])
        self.called.add(name)
        return got, self.check(name, operation, status, got, raw)

    def check(self, name, operation, status, headers, raw):
        answer = operation["responses"].get(str(status))
        assert answer is not None, f"{name} does not name its answer {status}"
        content = answer.get("content")
        if content is None:
            assert raw == b"", (name, status, raw)
            return None
        kind = headers["Content-Type"]
        assert kind in content or "*/*" in content, (name, status, kind, list(content))
        schema = content.get(kind, {}).get("schema")
        if "ETag" in answer.get("headers", {}):
            assert re.fullmatch(r'"\d+"', headers["ETag"] or ""), (name, headers["ETag"])
        if not kind.endswith("json"):
            return raw
        value = json.loads(raw)
        if schema:
            whole = {**schema, "components": {"schemas": self.schemas}}
            if "properties" in schema:
                whole["additionalProperties"] = False
            wrong = jsonschema.exceptions.best_match(Draft202012Validator(whole).iter_errors(value))
            assert not wrong, (name, status, list(wrong.absolute_path), wrong.message[-600:])
        return value

    def make_key(self, role):
        return self.call("createKey", 201, body={"name": f"test {role}", "role": role})[1]["key"]


class Scenario(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.work = cls.stack.enter_context(tempfile.TemporaryDirectory(prefix="zarish-api-"))
        cls.peer = cls.stack.enter_context(Peer())
        cls.engine = cls.stack.enter_context(
            Engine(cls.work, CONFIG, ZARISH_RECEIVER=str(cls.peer.port))).start()
        cls.api = Api(cls.engine)

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.peer.port}/{path}"

    def integration(self, name, **more):
        return {"name": name, "type": "rest_api",
                "endpoints": [{"name": "send", "url": self.url("send"), "method": "POST",
                               "retries": 0}], **more}


def openapi_schema():
    """The JSON Schema of OpenAPI 3.1, out of an npm package kept below build/; None without."""
    place = ROOT / "build" / "npm"
    file = place / "node_modules/@seriousme/openapi-schema-validator/schemas/v3.1/schema.json"
    if not file.exists():
        place.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["npm", "install", "--prefix", str(place), "--ignore-scripts",
                            "--no-audit", "--no-fund", "@seriousme/openapi-schema-validator"],
                           capture_output=True, timeout=120, check=False)
    return json.loads(file.read_text()) if file.exists() else None


class Document(Scenario):
    def test_is_openapi(self):
        schema = openapi_schema()
        if schema is None:
            self.skipTest("the schema of OpenAPI cannot be fetched")
        errors = list(Draft202012Validator(schema).iter_errors(self.api.document))
        self.assertEqual([(list(e.absolute_path), e.message[:300]) for e in errors[:5]], [])

    def test_its_schemas_are_schemas(self):
        for name, schema in self.api.document["components"]["schemas"].items():
            with self.subTest(name):
                Draft202012Validator.check_schema(schema)

    def test_every_reference_leads_somewhere(self):
        found = []

        def walk(value):
            todo = [value]
            while todo:
                v = todo.pop()
                if isinstance(v, dict):
                    found.extend(r for r in [v.get("$ref")] if isinstance(r, str))
                    todo.extend(v.values())
                elif isinstance(v, list):
                    todo.extend(v)

        walk(self.api.document)
        self.assertGreater(len(found), 100)
        for reference in set(found):
            at = self.api.document
            for part in reference.removeprefix("#/").split("/"):
                self.assertIn(part, at, reference)
                at = at[part]

    def test_paths_name_their_parameters(self):
        for name, (_, path, operation) in self.api.operations.items():
            stated = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            self.assertEqual(stated, set(re.findall(r"\{(\w+)\}", path)), name)

    def test_no_answer_holds_a_document_twice_or_none(self):
        for name, (_, _, operation) in self.api.operations.items():
            good = [s for s in operation["responses"] if s.startswith("2")]
            self.assertTrue(good, name)


class Gate(Scenario):
    """What is demanded of callers, for every operation the document names."""

    def every(self):
        for name, (method, path, operation) in self.api.operations.items():
            yield name, method, re.sub(r"\{\w+\}", "x", path), operation

    def test_without_credential(self):
        free = set()
        for name, method, path, operation in self.every():
            if not operation["security"]:
                free.add(name)
                continue
            with self.subTest(name):
                status, headers, body = self.engine.request(method, path, key="", body="{}")
                self.assertEqual((status, json.loads(body)["code"]), (401, "AUTH-010"))
                self.assertIn("Bearer", headers["WWW-Authenticate"])
                status, _, body = self.engine.request(method, path, key="zsk_00000000_wrong")
                self.assertIn(status, (401, 429))
        self.assertEqual(free, {"livez", "readyz", "login"})

    def test_with_too_small_a_role(self):
        keys = {role: self.api.make_key(role) for role in ROLES[:-1]}
        n = 0
        for name, method, path, operation in self.every():
            role = operation.get("x-role")
            if role in (None, "viewer"):
                continue
            with self.subTest(name):
                n += 1
                smaller = ROLES[ROLES.index(role) - 1]
                status, _, body = self.engine.request(method, path, keys[smaller], "{}")
                self.assertEqual((status, json.loads(body)["code"]), (403, "AUTH-014"), body)
        self.assertGreater(n, 25)

    def test_what_is_not_there(self):
        for path in ("/", "/api", "/api/v1/nothing", "/api/v1/integrations/x/y/z"):
            self.assertEqual(self.engine.request("GET", path, key="")[0], 401, path)
            status, _, body = self.engine.request("GET", path)
            self.assertEqual((status, json.loads(body)["code"]), (404, "API-001"), path)
        status, headers, body = self.engine.request("PATCH", "/api/v1/keys")
        self.assertEqual((status, json.loads(body)["code"]), (405, "API-002"))
        self.assertEqual(headers["Allow"], "GET, HEAD, POST, OPTIONS")
        status, headers, _ = self.engine.request("OPTIONS", "/api/v1/keys")
        self.assertEqual((status, headers["Allow"]), (204, "GET, HEAD, POST, OPTIONS"))


class Parameters(Scenario):
    def refused(self, method, path, code, *, body=None, headers=None, status=400):
        got, head, raw = self.engine.request(method, path, body=body, headers=headers)
        self.assertEqual((got, head["Content-Type"]), (status, "application/problem+json"), raw)
        problem = json.loads(raw)
        self.assertEqual((problem["code"], problem["status"]), (code, status), raw)
        return problem

    def queries(self):
        for name, (method, path, operation) in self.api.operations.items():
            if method != "GET" or not operation["security"]:
                continue
            stated = [p for p in operation["parameters"] if p["in"] == "query"]
            yield name, re.sub(r"\{\w+\}", "x", path), stated

    def test_ranges_and_names_are_held(self):
        n = 0
        for name, path, stated in self.queries():
            for p in stated:
                schema = p["schema"]
                if schema["type"] == "integer":
                    bad = ["x", schema["minimum"] - 1, schema["maximum"] + 1]
                elif schema["type"] == "boolean":
                    bad = ["maybe"]
                elif "enum" in schema:
                    bad = ["nothing-of-the-kind"]
                elif "examples" in schema:
                    bad = ["yesterday"]
                else:
                    continue
                for value in bad:
                    with self.subTest(name, parameter=p["name"], value=value):
                        n += 1
                        self.refused("GET", f"{path}?{p['name']}={value}", "API-003")
        self.assertGreater(n, 40)

    def test_unknown_ones_are_refused(self):
        for name, path, stated in self.queries():
            with self.subTest(name):
                self.refused("GET", path + "?nothing=1", "API-004")
        problem = self.refused("GET", "/api/v1/messages?limt=3", "API-004")
        self.assertIn("`limit`", problem["detail"])

    def bodies(self):
        for name, (method, path, operation) in self.api.operations.items():
            body = operation.get("requestBody")
            if body and body["required"]:
                yield name, method, re.sub(r"\{\w+\}", "x", path), body

    def test_bodies_are_strict(self):
        n = 0
        for name, method, path, body in self.bodies():
            limit = body["x-max-bytes"]
            with self.subTest(name):
                n += 1
                self.refused(method, path, "HTTP-023", body=b" " * (limit + 1), status=413)
                self.refused(method, path, "API-007", body="{}",
                             headers={"Content-Type": "application/x-www-form-urlencoded"},
                             status=415)
                if "application/json" not in body["content"]:
                    continue
                json_type = {"Content-Type": "application/json"}
                problem = self.refused(method, path, "JSON-010", body='{"a":1,"a":2}',
                                       headers=json_type)
                self.assertNotIn("null", json.dumps(problem))
                self.refused(method, path, "API-008", body="[]", headers=json_type)
                status, _, raw = self.engine.request(method, path, body="{", headers=json_type)
                self.assertEqual(status, 400)
                self.assertRegex(json.loads(raw)["code"], r"^JSON-00\d$")
        self.assertGreater(n, 12)

    def test_a_body_by_table_names_all_that_is_wrong(self):
        problem = self.refused("POST", "/api/v1/keys", "OPT-004",
                               body=json.dumps({"role": "king", "nam": "x", "expiresIn": -1}),
                               headers={"Content-Type": "application/json"})
        codes = {e["code"] for e in problem["errors"]}
        self.assertEqual(codes & {"OPT-001", "OPT-004", "OPT-005"},
                         {"OPT-001", "OPT-004", "OPT-005"}, problem)


class Operations(Scenario):
    """Every operation at least once. The steps build on each other, so they are one test."""

    def test_all_of_them(self):
        for step in (self.engine_itself, self.session, self.keys_and_users, self.secrets,
                     self.validation, self.integrations, self.calls,
                     self.a_changed_secret_is_used, self.messages,
                     self.documents, self.configuration, self.removal, self.audit):
            with self.subTest(step.__name__):
                step()
        self.assertEqual(set(self.api.operations) - self.api.called, set(), "never called")

    def engine_itself(self):
        call = self.api.call
        call("livez", 200, key="")
        call("readyz", 200, key="")
        call("getOpenApi", 200)
        self.assertEqual(call("getStatus", 200)[1]["full"], False)

    def session(self):
        call = self.api.call
        call("createUser", 201, body={"name": "ana", "password": "correct horse battery",
                                      "role": "operator"})
        call("createUser", 409, body={"name": "ana", "password": "correct horse battery",
                                      "role": "operator"})
        call("login", 401, key="", body={"username": "ana", "password": "wrong horse battery"})
        _, session = call("login", 200, key="", body={"username": "ana",
                                                      "password": "correct horse battery"})
        bearer = {"Authorization": "Bearer " + session["token"]}
        self.assertEqual(session["user"]["role"], "operator")
        _, me = call("getMe", 200, key="", headers=bearer)
        self.assertEqual((me["id"], me["name"]), ("user:ana", "ana"))
        self.assertEqual(me["may"], ["read", "content", "operate", "send"])
        call("logout", 204, key="", headers=bearer)
        call("getMe", 401, key="", headers=bearer)
        call("logout", 404)

    def keys_and_users(self):
        call = self.api.call
        _, key = call("createKey", 201, body={"name": "lab", "role": "viewer", "expiresIn": "1h"})
        call("createKey", 409, body={"name": "lab", "role": "viewer"})
        call("listChannels", 200, key=key["key"])
        _, keys = call("listKeys", 200)
        self.assertIn(key["id"], [k["id"] for k in keys["items"]])
        self.assertNotIn(key["key"], json.dumps(keys))
        _, first = call("listKeys", 200, query={"limit": 1})
        _, rest = call("listKeys", 200, query={"after": first["next"]})
        self.assertEqual(len(keys["items"]), 1 + len(rest["items"]))
        call("deleteKey", 204, id=key["id"])
        call("listChannels", 401, key=key["key"])
        call("deleteKey", 404, id=key["id"])
        call("listUsers", 200)
        head, user = call("getUser", 200, name="ana")
        call("getUser", 304, name="ana", headers={"If-None-Match": head["ETag"]})
        call("changeUser", 412, name="ana", headers={"If-Match": '"1"'}, body={"role": "viewer"})
        _, user = call("changeUser", 200, name="ana", headers={"If-Match": head["ETag"]},
                       body={"role": "editor", "disabled": True})
        self.assertEqual((user["role"], user["disabled"]), ("editor", True))
        call("login", 401, key="", body={"username": "ana", "password": "correct horse battery"})
        call("changeUser", 400, name="ana", body={"password": "short"})
        call("deleteUser", 204, name="ana")
        call("getUser", 404, name="ana")

    def secrets(self):
        call = self.api.call
        call("putSecret", 201, name="token-a", body={"value": "SEEDED-SECRET-1"})
        call("putSecret", 200, name="token-a", body={"value": "SEEDED-SECRET-2"})
        call("putSecret", 201, name="token-b", body={"value": "SEEDED-SECRET-3"})
        call("putSecret", 400, name="a b", body={"value": "x"})
        _, first = call("listSecrets", 200, query={"limit": 1})
        self.assertEqual([s["name"] for s in first["items"]], ["token-a"])
        _, rest = call("listSecrets", 200, query={"after": first["next"]})
        self.assertEqual([s["name"] for s in rest["items"]], ["token-b"])
        self.assertIsNone(rest["next"])
        call("deleteSecret", 204, name="token-b")
        call("deleteSecret", 404, name="token-b")

    def validation(self):
        call = self.api.call
        _, v = call("validateIntegrationConfig", 200, body={})
        self.assertFalse(v["valid"])
        self.assertEqual(v["checkedFields"], ["name", "type", "endpoints"])
        self.assertIn("Required field 'name' is missing", v["errors"])
        _, v = call("validateEndpoint", 200, body={"url": "http://a.example/", "method": "FETCH"})
        self.assertEqual(v["errors"], ["Invalid HTTP method: FETCH"])
        self.assertEqual(v["warnings"],
                         ["HTTP endpoint detected - recommend using HTTPS for security"])
        call("validateEndpoint", 200, query={"type": "hl7_v2"}, body={"url": "mllp://a:1"})
        _, v = call("validateAuthentication", 200, body={"type": "magic"})
        self.assertEqual(v["errors"], ["Invalid authentication type: magic"])

    def integrations(self):
        call = self.api.call
        body = self.integration("lab", authentication={
            "type": "api_key", "key": "SEEDED-SECRET-4"}, createdBy="ana", organization="ward")
        head, made = call("initializeIntegration", 201, body=body)
        self.id = made["id"]
        self.assertEqual(head["Location"], f"/api/v1/integrations/{self.id}")
        self.assertEqual((made["status"], made["metadata"]["environment"]),
                         ("active", "production"))
        self.assertNotIn("SEEDED-SECRET", json.dumps(made))
        call("initializeIntegration", 409, body=body)
        _, failed = call("initializeIntegration", 422, body=self.integration(
            "broken", endpoints=[{"url": "http://127.0.0.1:1/", "method": "POST"}]))
        self.assertEqual(failed["status"], "failed")
        self.assertTrue(failed["error"].startswith("Connectivity test failed: "), failed["error"])
        _, bad = call("initializeIntegration", 422, body={"name": "nothing", "type": "rest_api"})
        self.assertEqual(bad["error"], "Integration validation failed: "
                                       "Required field 'endpoints' is missing")
        _, listed = call("listIntegrations", 200, query={"status": "active", "type": "rest_api"})
        self.assertIn("lab", [i["name"] for i in listed["items"]])
        _, first = call("listIntegrations", 200, query={"limit": 1})
        _, rest = call("listIntegrations", 200, query={"after": first["next"]})
        names = [i["name"] for i in first["items"] + rest["items"]]
        self.assertEqual(names, sorted(set(names)))
        head, one = call("getIntegration", 200, id="lab")
        self.assertEqual(one["id"], self.id)
        call("getIntegration", 304, id=self.id, headers={"If-None-Match": head["ETag"]})
        _, problem = call("getIntegration", 404, id="nobody")
        self.assertEqual(problem["detail"], "Integration not found: nobody")
        self.assertTrue(call("validateIntegration", 200, id="lab")[1]["valid"])
        _, test = call("testConnectivity", 200, id="lab")
        self.assertEqual((test["success"], test["overall"]["totalEndpoints"]), (True, 1))
        _, health = call("monitorIntegrationHealth", 200, id="lab")
        self.assertEqual((health["status"], health["integrationId"]), ("healthy", self.id))
        _, endpoints = call("listEndpoints", 200, id="lab")
        self.endpoint = endpoints["items"][0]["id"]
        _, one = call("getEndpoint", 200, id="lab", endpointId="send")
        self.assertEqual((one["id"], one["timeout"], one["retries"], one["status"]),
                         (self.endpoint, 30000, 0, "configured"))
        _, problem = call("getEndpoint", 404, id="lab", endpointId="nobody")
        self.assertEqual(problem["detail"], "Endpoint not found: nobody")
        self.assertTrue(call("testEndpoint", 200, id="lab", endpointId="send")[1]["success"])
        call("replaceIntegration", 412, id="lab", body=body, headers={"If-Match": '"999"'})
        head, _ = call("getIntegration", 200, id="lab")
        body["authentication"] = one_auth = made["configuration"]["authentication"]
        self.assertTrue(one_auth["key"].startswith("${secret:"), one_auth)
        _, again = call("replaceIntegration", 200, id="lab", body=body,
                        headers={"If-Match": head["ETag"]})
        self.assertEqual((again["id"], again["status"]), (self.id, "active"))
        self.endpoint = again["endpoints"][0]["id"]

    def calls(self):
        call = self.api.call
        at = {"id": self.id, "endpointId": self.endpoint}
        _, x = call("executeIntegrationRequest", 200, **at, body={
            "data": {"patient": "EXAMPLE", "dose": 1},
            "options": {"headers": {"X-Trace": "t1"}, "parameters": {"q": "a b"},
                        "idempotencyKey": "k1", "timeout": 5000, "retries": 0}})
        self.assertEqual((x["status"], x["integrationId"], x["endpointId"]),
                         ("completed", self.id, self.endpoint))
        self.assertEqual(x["response"]["data"], {"got": True})
        method, path, headers, body = self.peer.requests[-1]
        self.assertEqual((method, path), ("POST", "/send?q=a%20b"))
        self.assertEqual(json.loads(body), {"patient": "EXAMPLE", "dose": 1})
        self.assertEqual((headers["X-Trace"], headers["Idempotency-Key"], headers["X-API-Key"]),
                         ("t1", "k1", "SEEDED-SECRET-4"))
        sent = len(self.peer.requests)
        _, dry = call("executeIntegrationRequest", 200, **at,
                      body={"data": [1.10], "options": {"dryRun": True}})
        self.assertEqual((dry["id"], dry["dryRun"], len(self.peer.requests)), (None, True, sent))
        call("executeIntegrationRequest", 200, **at, body=[1, 2])
        self.assertEqual(self.peer.requests[-1][3], b"[1, 2]")
        call("executeIntegrationRequest", 200, **at, body="plain text",
             headers={"Content-Type": "text/plain"})
        self.assertEqual(self.peer.requests[-1][3], b"plain text")
        call("executeIntegrationRequest", 400, **at, body={"patient": "EXAMPLE"})
        call("executeIntegrationRequest", 400, **at, body={"options": {"timout": 3}})
        self.peer.status = 500
        _, problem = call("executeIntegrationRequest", 502, **at, body={"data": {"n": 1}})
        self.peer.status = 200
        self.assertEqual(problem["detail"], "HTTP 500: Internal Server Error")
        failed = problem["execution"]
        self.assertEqual((failed["status"], failed["error"], failed["response"]["status"]),
                         ("failed", "HTTP 500: Internal Server Error", 500))
        _, problem = call("executeIntegrationRequest", 404, id="lab", endpointId="no", body={})
        self.assertEqual(problem["detail"], "Endpoint not found: no")
        call("pauseIntegration", 200, id="lab")
        call("executeIntegrationRequest", 409, **at, body={"data": 1})
        self.assertEqual(call("resumeIntegration", 200, id="lab")[1]["status"], "active")
        _, listed = call("listIntegrationExecutions", 200, id="lab")
        self.assertEqual(listed["items"][0]["id"], failed["id"])
        self.assertEqual(len(listed["items"]), 4)
        _, only = call("listIntegrationExecutions", 200, id="lab",
                       query={"status": "failed", "endpoint": "send"})
        self.assertEqual([i["id"] for i in only["items"]], [failed["id"]])
        pages, cursor = [], None
        while cursor or not pages:
            query = {"limit": 3, **({"before": cursor} if cursor else {})}
            _, page = call("listExecutions", 200, query={"integration": "lab", **query})
            pages += page["items"]
            cursor = page["next"]
        self.assertEqual([i["id"] for i in pages], [i["id"] for i in listed["items"]])
        _, one = call("getExecution", 200, id=x["id"])
        self.assertEqual((one["request"]["data"], one["response"]["data"]),
                         ({"patient": "EXAMPLE", "dose": 1}, {"got": True}))
        viewer = self.api.make_key("viewer")
        _, bare = call("getExecution", 200, id=x["id"], key=viewer)
        self.assertNotIn("data", bare["request"])
        self.assertNotIn("EXAMPLE", json.dumps(bare))
        call("getExecution", 404, id="00000000-0000-4000-8000-000000000000")
        _, logs = call("listIntegrationLogs", 200, id="lab", query={"level": "error"})
        self.assertEqual([(i["executionId"], i["level"], i["error"]) for i in logs["items"]],
                         [(failed["id"], "error", "HTTP 500: Internal Server Error")])
        self.assertEqual(len(call("listLogs", 200, query={"integration": "lab"})[1]["items"]), 4)
        _, a = call("getIntegrationAnalytics", 200, id="lab")
        self.assertEqual((a["metrics"]["totalRequests"], a["metrics"]["successRate"],
                          a["metrics"]["errorRate"], a["metrics"]["successRatio"]),
                         (4, 75, 25, 0.75))
        self.assertEqual(sum(a["performance"]["responseTimeDistribution"].values()), 4)
        self.assertEqual(a["errors"][0]["error"], "HTTP 500: Internal Server Error")
        self.assertEqual([(e["id"], e["name"]) for e in a["endpoints"]], [(self.endpoint, "send")])
        wanted = {"start": "2020-01-01T00:00:00Z", "end": "1600000000000"}
        _, a = call("getIntegrationAnalytics", 200, id="lab", query=wanted)
        self.assertEqual(a["timeRange"], {"start": wanted["start"], "end": 1600000000000})
        self.assertEqual(a["metrics"]["totalRequests"], 0)
        self.assertIsNone(a["performance"]["fastestRequest"])
        call("getIntegrationAnalytics", 400, id="lab", query={"start": "1600000000000",
                                                              "end": "1500000000000"})

    def a_changed_secret_is_used(self):
        call = self.api.call
        body = self.integration("sealed", authentication={
            "type": "api_key", "key": "${secret:token-a}"})
        call("initializeIntegration", 201, body=body)
        for value in ("SEEDED-SECRET-2", "SEEDED-SECRET-5"):
            call("putSecret", 200, name="token-a", body={"value": value})
            call("replaceIntegration", 200, id="sealed", body=body)
            call("executeIntegrationRequest", 200, id="sealed", endpointId="send", body={"data": 1})
            self.assertEqual(self.peer.requests[-1][2]["X-API-Key"], value)
        call("deleteSecret", 409, name="token-a")
        call("deleteIntegration", 204, id="sealed")
        call("deleteSecret", 204, name="token-a")

    def messages(self):
        call = self.api.call
        with Mllp(self.engine.address("adt-in")) as peer:
            self.assertEqual(peer.call(message("API1", patient="5150"))[0], "AA")
        self.engine.wait_state("API1", "delivered")
        _, found = call("searchMessages", 200, query={"patientId": "5150", "state": "delivered"})
        identity = found["items"][0]["id"]
        call("getMessage", 200, id=identity)
        _, trace = call("getMessageTrace", 200, id=identity)
        self.assertEqual(trace["deliveries"][0]["attempts"][0]["status"], "200")
        _, body = call("getMessageBody", 200, id=identity)
        self.assertIn(b"PID|1||5150", body)
        call("getMessage", 404, id="00000000-1")
        _, listed = call("listExecutions", 200, query={"integration": "filed"})
        attempt = listed["items"][0]
        self.assertEqual((attempt["message"], attempt["channel"], attempt["attempt"]),
                         (identity, "adt-in", 1))
        _, one = call("getExecution", 200, id=attempt["id"])
        self.assertIn("PID|1||5150", one["request"]["data"])
        self.assertEqual(one["response"]["status"], 200)

    def documents(self):
        call = self.api.call
        for kind, body, changed in (
                ("Mapping", {"from": "json", "to": "json", "rules": [{"to": "a", "from": "b"}]},
                 {"from": "json", "to": "json", "rules": [{"to": "c", "from": "b"}]}),
                ("Table", {"rows": {"M": "male"}}, {"rows": {"M": "male", "F": "female"}}),
                ("Channel", {"source": {"type": "hl7_v2", "listen": "mllp://127.0.0.1:0"},
                             "destinations": [{"to": "lab/send"}]},
                 {"source": {"type": "hl7_v2", "listen": "mllp://127.0.0.1:0"},
                  "destinations": [{"to": "lab/send", "maxAge": "1d"}]})):
            with self.subTest(kind):
                self.document(kind, body, changed)
        _, channels = call("listChannels", 200)
        self.assertIn("made-channel", [c["name"] for c in channels["items"]])
        call("getChannel", 200, name="made-channel")
        call("getChannel", 404, name="nobody")
        call("pauseChannel", 200, name="made-channel")
        wait_for("paused", lambda: call("getChannel", 200, name="made-channel")[1]["state"] ==
                 "paused")
        call("resumeChannel", 200, name="made-channel")
        call("pauseChannel", 404, name="nobody")
        self.a_refused_pause_is_no_act()
        call("listMappings", 200)
        call("listTables", 200)

    def a_refused_pause_is_no_act(self):
        """A channel that cannot listen cannot be paused; the audit does not say it was."""
        call = self.api.call
        taken = self.engine.endpoint["channels"]["adt-in"]
        call("putChannel", 201, name="no-room", body={
            "source": {"type": "hl7_v2", "listen": taken}, "destinations": []})
        wait_for("it failed", lambda: call("getChannel", 200, name="no-room")[1]["state"] ==
                 "failed")
        _, problem = call("pauseChannel", 409, name="no-room")
        self.assertEqual(problem["code"], "FLOW-011")
        _, acts = call("listAudit", 200, query={"limit": 5})
        self.assertNotIn("channel/no-room", [a["object"] for a in acts["items"]
                                             if a["verb"] == "channel.pause"])
        call("deleteChannel", 204, name="no-room")

    def document(self, kind, body, changed):
        call = self.api.call
        name = "made-" + kind.lower()
        put, get = "put" + kind, "getChannelDocument" if kind == "Channel" else "get" + kind
        head, made = call(put, 201, name=name, body=body, headers={"If-None-Match": "*"})
        self.assertEqual((made["name"], made["origin"], made["document"]), (name, "api", body))
        call(put, 412, name=name, body=changed, headers={"If-None-Match": "*"})
        call(put, 400, name=name, body=changed, headers={"If-Match": "*"})
        call(put, 200, name=name, body=changed, headers={"If-Match": head["ETag"]})
        call(put, 412, name=name, body=body, headers={"If-Match": head["ETag"]})
        _, problem = call(put, 422, name=name, body={"nothing": 1})
        self.assertTrue(problem["errors"][0]["code"])
        head, now = call(get, 200, name=name)
        self.assertEqual(now["document"], changed)
        call(get, 304, name=name, headers={"If-None-Match": head["ETag"]})
        call(get, 404, name="nobody")

    def configuration(self):
        call = self.api.call
        text = "table: applied\nrows: { A: b }\n"
        yaml = {"Content-Type": "application/yaml"}
        _, dry = call("apply", 200, query={"dryRun": "true"}, body=text, headers=yaml)
        self.assertEqual((dry["applied"], [(c["name"], c["action"]) for c in dry["changes"]]),
                         (False, [("applied", "create")]))
        call("getTable", 404, name="applied")
        self.assertTrue(call("apply", 200, body=text, headers=yaml)[1]["applied"])
        call("getTable", 200, name="applied")
        call("apply", 422, body="table: x\nrovs: {}\n", headers=yaml)
        call("apply", 400, body="a: [", headers=yaml)
        _, exported = call("export", 200)
        self.assertIn(b"applied", exported)
        self.assertNotIn(b"SEEDED-SECRET", exported)
        self.assertNotIn(b"filed", exported)
        self.assertIn(b"filed", call("export", 200, query={"all": "true"})[1])

    def removal(self):
        call = self.api.call
        call("deleteIntegration", 409, id="lab")  # the channel sends to it
        call("deleteChannel", 204, name="made-channel")
        call("deleteChannel", 404, name="made-channel")
        call("deleteMapping", 204, name="made-mapping")
        call("deleteTable", 204, name="made-table")
        call("deleteChannel", 409, name="adt-in")  # belongs to a file
        call("deleteIntegration", 204, id="lab")
        call("getIntegration", 404, id="lab")

    def audit(self):
        call = self.api.call
        _, acts = call("listAudit", 200, query={"limit": 1000})
        verbs = {a["verb"] for a in acts["items"]}
        self.assertLessEqual({"key.create", "key.delete", "user.create", "user.change",
                              "user.delete", "secret.set", "secret.delete", "session.open",
                              "message.read", "execution.read"}, verbs)
        changes = {a["object"]: a for a in acts["items"] if a["verb"].startswith("config.")}
        update = next(a for a in acts["items"] if a["object"] == "mapping/made-mapping" and
                      set(json.loads(a["detail"])) >= {"before", "after"})
        for part in ("before", "after"):
            self.assertRegex(json.loads(update["detail"])[part], r"^[0-9a-f]{64}$")
        self.assertTrue(changes)
        self.assertNotIn("SEEDED-SECRET", json.dumps(acts))
        pages, cursor = [], None
        while cursor or not pages:
            _, page = call("listAudit", 200,
                           query={"limit": 7, **({"before": cursor} if cursor else {})})
            pages += page["items"]
            cursor = page["next"]
        self.assertEqual([a["sequence"] for a in pages if a["sequence"] <= acts["items"][0]["sequence"]],
                         [a["sequence"] for a in acts["items"]])


class Secrecy(Scenario):
    def test_nothing_in_clear_and_a_restart(self):
        call = self.api.call
        call("putSecret", 201, name="s", body={"value": "SEEDED-SECRET-9"})
        call("createUser", 201, body={"name": "u", "password": "SEEDED-PASSWORD-9",
                                      "role": "viewer"})
        _, key = call("createKey", 201, body={"name": "k", "role": "viewer"})
        _, session = call("login", 200, key="", body={"username": "u",
                                                      "password": "SEEDED-PASSWORD-9"})
        call("login", 401, key="", body={"username": "u", "password": "SEEDED-PASSWORD-8"})
        self.engine.stop()
        for path in Path(self.work).rglob("*"):
            if path.is_file() and path.name != "admin.json":
                content = path.read_bytes()
                for seed in ("SEEDED-SECRET-9", "SEEDED-PASSWORD", key["key"], session["token"]):
                    self.assertNotIn(seed.encode(), content, path)
        self.engine.start()
        call("getMe", 401, key="", headers={"Authorization": "Bearer " + session["token"]})
        call("login", 200, key="", body={"username": "u", "password": "SEEDED-PASSWORD-9"})
        self.assertEqual(call("getMe", 200, key=key["key"])[1]["name"], "k")


class Stop(unittest.TestCase):
    def test_a_call_without_answer_does_not_hold_up_the_stop(self):
        """The caller's connection is drained, then the engine ends the call, and says how."""
        with tempfile.TemporaryDirectory(prefix="zarish-stop-") as work, \
                socket.create_server(("127.0.0.1", 0)) as silent, \
                Engine(work, CONFIG.replace("retries: 0", "retries: 0, timeout: 10m"),
                       ZARISH_RECEIVER=str(silent.getsockname()[1])) as engine:
            engine.start()
            url = urlsplit(engine.endpoint["url"])
            caller = http.client.HTTPConnection(url.hostname, url.port, timeout=LIMIT)
            caller.request("POST", "/api/v1/integrations/filed/endpoints/in/execute",
                           '{"data": 1}', {"X-API-Key": engine.key,
                                           "Content-Type": "application/json"})
            wait_for("the call is there", lambda: engine.get("/api/v1/executions")["items"])
            self.assertEqual(engine.stop(), 0)
            caller.close()
            engine.start()
            call = engine.get("/api/v1/executions")["items"][-1]
            self.assertEqual(call["status"], "failed")
            self.assertTrue(call["error"])


if __name__ == "__main__":
    unittest.main()
