#!/usr/bin/python3
"""Seeded secrets and a seeded patient are looked for everywhere they must not be.

Where they may be: the patient in the journal's segments (messages and the data of executions are
kept there by design, see docs/guide/security.md) and in answers that demand the content
permission. Secrets may be in no file, answer or log at all, sealed ones aside.
"""
import base64
import json
import unittest

from contract import BreakOff, Contract, Mllp, Peer, answer, message, wait_for
from peers import Certificates, TokenServer

PATIENT = "ZWERTINGER"
SECRETS = {
    "api key": "seeded-api-key-8842c0",
    "header": "seeded-header-b1d37e",
    "jwt secret": "seeded-jwt-secret-of-32-bytes-or-more-19af",
    "password": "seeded-password-60aa12",
    "client secret": TokenServer.SECRET,
    "set by hand": "seeded-by-hand-f00dd1",
    "user's password": "seeded-login-password-0c7e",
    "pass phrase": Certificates.PASSPHRASE,
}

CHANNEL = """
engine: sweep
---
integration: receiver
type: rest_api
endpoints:
  - { name: in, url: "http://127.0.0.1:${env:ZARISH_RECEIVER:-1}/in", method: POST, retries: 0 }
---
channel: adt-in
source: { type: hl7_v2, listen: "mllp://127.0.0.1:0" }
validate: { profile: strict, onError: hold }
destinations: [ { to: receiver/in } ]
"""

# what a caller without the content permission may see
LISTS = ["/integrations", "/executions", "/logs", "/channels", "/messages", "/mappings", "/tables",
         "/me", "/status", "/openapi.json"]


def held(path):
    """A file's bytes without the zeros a segment is made of before it is written."""
    return path.read_bytes().rstrip(b"\0")


class Sweep(Contract):
    config = CHANNEL

    @classmethod
    def before(cls):
        cls.tokens = cls.stack.enter_context(TokenServer())
        cls.certificates = Certificates(cls.work)
        cls.strict = cls.stack.enter_context(Peer(cls.certificates.demanding()))
        cls.variables = {"ZARISH_RECEIVER": str(cls.peer.port)}

    def seed(self):
        """Everything that carries a secret or the patient; texts of the answers."""
        s = SECRETS
        self.answers = []
        kinds = [
            {"type": "api_key", "key": s["api key"]},
            {"type": "api_key", "key": s["api key"], "location": "query", "queryParam": "key"},
            {"type": "jwt", "secret": s["jwt secret"]},
            {"type": "basic", "username": "ann", "password": s["password"]},
            {"type": "oauth2", "tokenUrl": self.tokens.url("/token"),
             "clientId": TokenServer.CLIENT, "clientSecret": s["client secret"]},
            {"type": "certificate", "cert": self.certificates.text("client.pem"),
             "key": self.certificates.text("client-sealed.key"),
             "passphrase": s["pass phrase"], "ca": self.certificates.text("ca.pem")},
        ]
        self.tokens.give_refresh = True
        records = []
        for authentication in kinds:
            config = self.integration(authentication=authentication)
            if authentication["type"] == "certificate":
                config["endpoints"][0]["url"] = self.strict.url("/in")
            config["endpoints"][0]["headers"] = {"Authorization-Extra": "x",
                                                 "Cookie": s["header"]}
            got = self.call("POST", "/integrations", config)
            self.assertEqual(got.status, 201, got.text)
            self.answers.append(got.text)
            records.append(got.json)
            config["endpoints"][0]["method"] = "FETCH"  # one that fails keeps none either
            config["name"] = self.name("broken")
            self.answers.append(self.call("POST", "/integrations", config).text)
            config["endpoints"] = "none"
            config["name"] = self.name("broken")
            self.answers.append(self.call("POST", "/integrations", config).text)
            self.answers.append(self.call("POST", "/validate/integration", config).text)
            self.answers.append(self.call("POST", "/validate/authentication",
                                          authentication).text)
        self.answers.append(self.call("PUT", "/secrets/by-hand", {"value": s["set by hand"]}).text)
        self.answers.append(self.call("POST", "/users", {
            "name": "ann", "role": "viewer", "password": s["user's password"]}).text)
        login = self.call("POST", "/login", {"username": "ann",
                                             "password": s["user's password"]}, key="")
        self.session = login.json["token"]
        self.call("POST", "/login", {"username": "ann", "password": PATIENT}, key="")
        return records

    def move_patients(self, records):
        """Executions and messages with the patient, good ones and every kind of bad one."""
        data = {"patient": {"name": PATIENT}}
        self.peer.routes["/in"] = lambda r: answer(200, {"for": PATIENT})
        for record in records:
            self.executed(record, data)
        def broken(_):
            raise BreakOff(b"HTTP/1.1 200 OK\r\nX-For: " + PATIENT.encode())

        for behave in (lambda r: answer(500, {"for": PATIENT}, phrase=f"No {PATIENT}"), broken):
            self.peer.routes["/in"] = self.strict.routes["/in"] = behave
            for record in records:
                self.execute(record, data, retries=0)
                self.call("POST", f"/integrations/{record['id']}/test")
                self.call("GET", f"/integrations/{record['id']}/health")
        self.call("POST", self.endpoint_path(records[0]) + "/execute", '{"x": "%s"' % PATIENT)
        self.call("GET", f"/integrations/{PATIENT}x"[:20] + "?limit=a")
        with Mllp(self.engine.address("adt-in")) as sender:
            for n, body in enumerate((
                    message("P1").replace(b"EXAMPLE^ALMA", f"{PATIENT}^Q".encode()),
                    message("P2").replace(b"19800214", PATIENT.encode()),
                    b"MSH|^~\\&|%b\r" % PATIENT.encode(),
                    b"PID|1||" + PATIENT.encode())):
                try:
                    sender.call(body)
                except OSError:
                    self.assertGreaterEqual(n, 2)
                    return

    def assert_clean(self, where, text, words):
        data = text if isinstance(text, bytes) else text.encode()
        found = [what for what, word in words.items() if word.encode() in data]
        self.assertEqual(found, [], f"in {where}")

    def test_sweep(self):
        records = self.seed()
        self.move_patients(records)
        wait_for("the executions are listed", lambda: len(self.ok(
            "GET", "/executions?limit=100")["items"]) >= len(records))
        secrets = dict(SECRETS, session=self.session)
        secrets["basic, encoded"] = base64.b64encode(
            f"ann:{SECRETS['password']}".encode()).decode()
        secrets["client, encoded"] = base64.b64encode(
            f"{TokenServer.CLIENT}:{TokenServer.SECRET}".encode()).decode()
        secrets["access token"] = "access-token-"
        secrets["refresh token"] = "refresh-token-"
        secrets["JWT"] = "eyJhbGciOi"
        secrets["private key"] = self.certificates.text("client-sealed.key").split("\n")[2]
        everything = dict(secrets, patient=PATIENT)

        viewer = self.ok("POST", "/keys", {"name": "sweep", "role": "viewer"}, 201)["key"]
        paths = list(LISTS)
        for record in records:
            base = f"/integrations/{record['id']}"
            paths += [base, base + "/executions", base + "/logs", base + "/analytics",
                      base + "/endpoints"]
        paths += [f"/executions/{i['id']}" for i in self.ok("GET", "/executions")["items"]]
        for path in paths:
            got = self.call("GET", path, key=viewer)
            self.assertEqual(got.status, 200, f"{path}: {got.text[:300]}")
            self.assert_clean(path, got.text, everything)
            self.assert_clean(path, str(got.headers), everything)
        for path in ["/audit", "/export", "/export?all=true", "/secrets", "/keys", "/users"]:
            got = self.call("GET", path)
            self.assertEqual(got.status, 200, f"{path}: {got.text[:300]}")
            self.assert_clean(path, got.text, everything)
        for path in paths:  # an administrator sees contents, and no secret either
            self.assert_clean(path, self.call("GET", path).text, secrets)
        self.assert_clean("/metrics", self.engine.request("GET", "/metrics")[2].decode(),
                          everything)
        for n, text in enumerate(self.answers):
            self.assert_clean(f"answer {n}", text, secrets)

        self.engine.stop()
        self.assert_clean("the log", self.engine.log_text(), everything)
        n_files = 0
        for path in sorted(self.engine.data.rglob("*")):
            if not path.is_file():
                continue
            n_files += 1
            name = str(path.relative_to(self.engine.data))
            self.assertNotIn(PATIENT, name)
            self.assert_clean(name, held(path),
                              secrets if name.startswith("journal/") else everything)
        self.assertGreater(n_files, 4)
        self.assertTrue(any(PATIENT.encode() in held(p)  # the search finds what is there
                            for p in (self.engine.data / "journal").iterdir() if p.is_file()))

    def test_after_a_kill(self):
        self.call("PUT", "/secrets/crash", {"value": SECRETS["set by hand"]})
        self.engine.kill()
        for path in sorted(self.engine.data.rglob("*")):
            if path.is_file():
                self.assert_clean(path.name, held(path), SECRETS)
        self.engine.start()
        self.assertNotIn(SECRETS["set by hand"], json.dumps(self.ok("GET", "/secrets")))


if __name__ == "__main__":
    unittest.main()
