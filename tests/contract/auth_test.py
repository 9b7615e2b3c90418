#!/usr/bin/python3
"""setupAuthentication: every type against peers that check, with right, wrong and ended ones."""
import base64
import calendar
import hashlib
import hmac
import json
import threading
import time
import unittest

from contract import Contract, answer, closed_port, wait_for
from peers import Certificates, OidcProvider, Peer, TokenServer

JWT_SECRET = "jwt-secret-of-more-than-thirty-two-bytes-77aa"
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_jwt(token, secret, algorithm):
    """The claims; ValueError for what is not signed with the secret or has ended."""
    signed, _, signature = token.rpartition(".")
    head, _, claims = signed.partition(".")
    if json.loads(unpadded(head)).get("alg") != algorithm:
        raise ValueError("algorithm")
    right = hmac.new(secret.encode(), signed.encode(), HASHES[algorithm]).digest()
    if not hmac.compare_digest(right, unpadded(signature)):
        raise ValueError("signature")
    claims = json.loads(unpadded(claims))
    if claims["exp"] <= time.time():
        raise ValueError("ended")
    return claims


def bearer(request):
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


class Authentication(Contract):
    @classmethod
    def before(cls):
        cls.tokens = cls.stack.enter_context(TokenServer())

    def setUp(self):
        self.tokens.routes.update({"/token": self.tokens.token, "/lab": self.tokens.lab})
        self.tokens.expires_in, self.tokens.give_refresh = 3600, False

    def oauth2(self, **over):
        return {"type": "oauth2", "tokenUrl": self.tokens.url("/token"),
                "clientId": TokenServer.CLIENT, "clientSecret": TokenServer.SECRET, **over}

    def with_auth(self, authentication, status=201, url=None, **over):
        endpoints = [{"name": "lab", "url": url or self.tokens.url("/lab"), "method": "POST",
                      "timeout": 5000, "retries": 0, **over}]
        return self.initialize(status=status, authentication=authentication, endpoints=endpoints)

    # ---- oauth2 ------------------------------------------------------------------------------

    def test_oauth2_client_credentials(self):
        before = self.tokens.n_given
        record = self.with_auth(self.oauth2(scopes=["lab.read", "lab.write"]))
        self.assertEqual(self.tokens.n_given, before + 1)  # fetched at set-up, shared by the probe
        credentials = record["credentials"]
        self.assertEqual((credentials["type"], credentials["configured"]), ("oauth2", True))
        details = credentials["details"]
        self.assert_members(details, "grantType", "tokenUrl", "clientId", "clientSecret", "scopes",
                            "accessToken", "refreshToken", "expiresAt")
        self.assertEqual((details["grantType"], details["tokenUrl"], details["clientId"],
                          details["scopes"], details["refreshToken"]),
                         ("client_credentials", self.tokens.url("/token"), TokenServer.CLIENT,
                          ["lab.read", "lab.write"], None))
        self.assert_time(details["expiresAt"])
        self.assertNotIn(TokenServer.SECRET, json.dumps(record))
        self.assertNotIn("access-token-", json.dumps(record))
        for _ in range(3):
            self.assertEqual(self.executed(record, {})["response"]["data"], {"result": "ok"})
        self.assertEqual(self.tokens.n_given, before + 1)
        form = self.tokens.seen("/token")[-1].body.decode()
        self.assertIn("grant_type=client_credentials", form)
        self.assertRegex(form, r"scope=lab\.read(\+|%20)lab\.write")

    def test_oauth2_refused(self):
        record = self.with_auth(self.oauth2(clientSecret="wrong"), 422)
        self.assertRegex(record["error"], r"^Authentication setup failed: .*invalid_client")
        self.assertEqual(record["status"], "failed")

    def test_oauth2_token_server_down_or_odd(self):
        with self.subTest("down"):
            url = f"http://127.0.0.1:{closed_port()}/token"
            record = self.with_auth(self.oauth2(tokenUrl=url), 422)
            self.assertRegex(record["error"], r"^Authentication setup failed: .+")
        odd = [("no token", answer(200, {})), ("no JSON", answer(200, b"hello")),
               ("an error", answer(500, {}))]
        for what, got in odd:
            with self.subTest(what):
                self.tokens.routes["/token"] = lambda _, got=got: got
                record = self.with_auth(self.oauth2(), 422)
                self.assertRegex(record["error"], r"^Authentication setup failed: .+")

    def test_oauth2_revoked_token_is_renewed(self):
        record = self.with_auth(self.oauth2())
        self.executed(record, {})
        before = self.tokens.n_given
        self.tokens.revoke_all()
        self.assertEqual(self.executed(record, {"n": 1})["response"]["data"], {"result": "ok"})
        self.assertEqual(self.tokens.n_given, before + 1)

    def test_oauth2_ended_token_is_renewed_before(self):
        self.tokens.expires_in = 1
        record = self.with_auth(self.oauth2())
        before = self.tokens.n_given
        wait_for("the token ended and another was fetched",
                 lambda: self.executed(record, {}) and self.tokens.n_given > before)
        self.assertNotIn(401, [  # nothing went out with an ended one: the server forgets none
            e["response"]["status"] for e in self.ok(
                "GET", f"/integrations/{record['id']}/executions")["items"] if e.get("response")])

    def test_oauth2_refresh_token(self):
        self.tokens.give_refresh = True
        record = self.with_auth(self.oauth2())
        self.assertIsNotNone(record["credentials"]["details"]["refreshToken"])
        self.assertNotIn("refresh-token-", json.dumps(record))
        self.tokens.revoke_all()
        self.executed(record, {})
        self.assertIn("grant_type=refresh_token", self.tokens.seen("/token")[-1].body.decode())
        self.tokens.refresh.clear()  # refused: client_credentials again
        self.tokens.revoke_all()
        # a token that was fetched a moment ago is not replaced at once
        wait_for("there is a token again", lambda: self.execute(record, {}).status == 200)
        self.assertIn("grant_type=client_credentials", self.tokens.seen("/token")[-1].body.decode())

    def test_oauth2_grant_refresh_token(self):
        self.tokens.refresh.add("given-by-hand-1f")
        record = self.with_auth(self.oauth2(grantType="refresh_token",
                                            refreshToken="given-by-hand-1f"))
        self.assertEqual(record["credentials"]["details"]["grantType"], "refresh_token")
        self.executed(record, {})
        self.assertNotIn("given-by-hand-1f", json.dumps(record))

    def test_oauth2_without_expires_in(self):
        self.tokens.expires_in = None
        details = self.with_auth(self.oauth2())["credentials"]["details"]
        end = time.strptime(details["expiresAt"][:19], "%Y-%m-%dT%H:%M:%S")
        self.assertAlmostEqual(calendar.timegm(end) - time.time(), 300, delta=30)

    def test_oauth2_one_fetch_for_many(self):
        record = self.with_auth(self.oauth2())
        self.tokens.revoke_all()
        before = self.tokens.n_given
        results = []
        threads = [threading.Thread(target=lambda: results.append(
            self.execute(record, {}).status)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [200] * 8)
        self.assertLessEqual(self.tokens.n_given - before, 2)

    # ---- api_key -----------------------------------------------------------------------------

    def api_key_peer(self, key):
        def check(request):
            given = request.headers.get("X-API-Key") or request.headers.get("X-Lab") or dict(
                request.query).get("key")
            return answer(200 if given == key else 401, {"method": request.method})
        self.peer.routes["/keyed"] = check

    def test_api_key(self):
        self.api_key_peer("key-3f81")
        rows = [
            ("default header", {}, "X-API-Key"),
            ("own header", {"headerName": "X-Lab"}, "X-Lab"),
            ("query", {"location": "query", "queryParam": "key"}, None),
        ]
        for what, over, header in rows:
            with self.subTest(what):
                record = self.with_auth({"type": "api_key", "key": "key-3f81", **over},
                                        url=self.peer.url("/keyed"))
                details = record["credentials"]["details"]
                self.assertEqual((record["credentials"]["type"], details["headerName"],
                                  details["location"]),
                                 ("api_key", over.get("headerName", "X-API-Key"),
                                  over.get("location", "header")))
                self.assertNotIn("key-3f81", json.dumps(record))
                self.executed(record, {})
                seen = self.peer.seen("/keyed", "POST")[-1]
                if header:
                    self.assertEqual(seen.headers[header], "key-3f81")
                    self.assertEqual(seen.query, [])
                else:
                    self.assertEqual(seen.query, [("key", "key-3f81")])

    def test_api_key_wrong(self):
        self.api_key_peer("key-3f81")
        record = self.with_auth({"type": "api_key", "key": "wrong"}, 422,
                                url=self.peer.url("/keyed"))
        self.assertEqual(record["error"],
                         "Connectivity test failed: lab: HTTP 401: Unauthorized")

    def test_api_key_withdrawn(self):
        self.api_key_peer("key-3f81")
        record = self.with_auth({"type": "api_key", "key": "key-3f81"},
                                url=self.peer.url("/keyed"))
        self.api_key_peer("another")
        execution = self.failed(record, 502, {})
        self.assertEqual((execution["error"], execution["response"]["status"]),
                         ("HTTP 401: Unauthorized", 401))

    # ---- jwt ---------------------------------------------------------------------------------

    def jwt_peer(self, secret, algorithm):
        def check(request):
            try:
                claims = verify_jwt(bearer(request), secret, algorithm)
            except (ValueError, KeyError):
                return answer(401, {})
            return answer(200, claims)
        self.peer.routes["/jwt"] = check

    def test_jwt(self):
        for algorithm in (None, "HS256", "HS384", "HS512"):
            with self.subTest(algorithm):
                self.jwt_peer(JWT_SECRET, algorithm or "HS256")
                authentication = {"type": "jwt", "secret": JWT_SECRET, "issuer": "zarish",
                                  "audience": "lab"}
                if algorithm:
                    authentication["algorithm"] = algorithm
                record = self.with_auth(authentication, url=self.peer.url("/jwt"))
                details = record["credentials"]["details"]
                self.assert_members(details, "secret", "algorithm", "issuer", "audience",
                                    "expiresIn", "testToken")
                self.assertEqual((details["algorithm"], details["expiresIn"], details["issuer"],
                                  details["audience"]),
                                 (algorithm or "HS256", "1h", "zarish", "lab"))
                self.assertNotIn(JWT_SECRET, json.dumps(record))
                self.assertNotIn("eyJ", json.dumps(record))
                claims = self.executed(record, {})["response"]["data"]
                self.assertEqual((claims["iss"], claims["aud"]), ("zarish", "lab"))
                self.assertEqual(claims["exp"] - claims["iat"], 3600)

    def test_jwt_life(self):
        self.jwt_peer(JWT_SECRET, "HS256")
        record = self.with_auth({"type": "jwt", "secret": JWT_SECRET, "expiresIn": "5m"},
                                url=self.peer.url("/jwt"))
        claims = self.executed(record, {})["response"]["data"]
        self.assertEqual(claims["exp"] - claims["iat"], 300)

    def test_jwt_wrong_secret(self):
        self.jwt_peer("another secret of more than 32 bytes 00000", "HS256")
        record = self.with_auth({"type": "jwt", "secret": JWT_SECRET}, 422,
                                url=self.peer.url("/jwt"))
        self.assertEqual(record["error"],
                         "Connectivity test failed: lab: HTTP 401: Unauthorized")

    # ---- basic -------------------------------------------------------------------------------

    def test_basic(self):
        right = "Basic " + base64.b64encode("ann:pä:ss-40cd".encode()).decode()
        self.peer.routes["/basic"] = lambda r: answer(
            200 if r.headers.get("Authorization") == right else 401, {})
        good = {"type": "basic", "username": "ann", "password": "pä:ss-40cd"}
        record = self.with_auth(good, url=self.peer.url("/basic"))
        self.assertEqual((record["credentials"]["type"],
                          record["credentials"]["details"]["username"]), ("basic", "ann"))
        self.assertNotIn("ss-40cd", json.dumps(record))
        self.executed(record, {})
        record = self.with_auth({**good, "password": "wrong"}, 422, url=self.peer.url("/basic"))
        self.assertEqual(record["error"],
                         "Connectivity test failed: lab: HTTP 401: Unauthorized")

    def test_none(self):
        record = self.with_auth({"type": "none"}, url=self.peer.url("/open"))
        self.assertEqual(record["credentials"],
                         {"type": "none", "configured": False,
                          "details": {"message": "No authentication configured"}})
        self.executed(record, {})
        self.assertIsNone(self.peer.seen("/open")[-1].headers.get("Authorization"))

    # ---- secrets that are sent back ----------------------------------------------------------

    def test_what_is_shown_can_be_sent_back(self):
        self.api_key_peer("key-3f81")
        record = self.with_auth({"type": "api_key", "key": "key-3f81"},
                                url=self.peer.url("/keyed"))
        config = record["configuration"]
        self.assertRegex(config["authentication"]["key"], r"^\$\{secret:.+\}$")
        after = self.ok("PUT", f"/integrations/{record['id']}", config)
        self.assertEqual(after["status"], "active")
        self.executed(after, {})
        config["authentication"]["key"] = "changed"
        failed = self.ok("PUT", f"/integrations/{record['id']}", config, status=422)
        self.assertEqual(failed["error"], "Connectivity test failed: lab: HTTP 401: Unauthorized")


class CertificateAuthentication(Contract):
    @classmethod
    def before(cls):
        cls.certificates = Certificates(cls.work)
        cls.strict = cls.stack.enter_context(Peer(cls.certificates.demanding()))
        cls.plain = cls.stack.enter_context(Peer(cls.certificates.plain()))

    def certificate(self, name="client", key=None, **over):
        return {"type": "certificate", "cert": self.certificates.text(f"{name}.pem"),
                "key": self.certificates.text(key or f"{name}.key"),
                "ca": self.certificates.text("ca.pem"), **over}

    def with_auth(self, authentication, status=201, peer=None):
        return self.initialize(status=status, authentication=authentication, endpoints=[
            {"name": "lab", "url": (peer or self.strict).url("/in"), "method": "POST",
             "timeout": 5000, "retries": 0}])

    def test_let_in(self):
        for what, given in (
                ("a key in clear", self.certificate()),
                ("a key with a pass phrase", self.certificate(
                    key="client-sealed.key", passphrase=Certificates.PASSPHRASE))):
            with self.subTest(what):
                record = self.with_auth(given)
                self.assertEqual((record["credentials"]["type"],
                                  record["credentials"]["configured"]), ("certificate", True))
                text = json.dumps(record)
                self.assertNotIn("PRIVATE KEY", text)
                self.assertNotIn(Certificates.PASSPHRASE, text)
                self.executed(record, {})
                subject = dict(x[0] for x in self.strict.seen("/in", "POST")[-1]
                               .certificate["subject"])
                self.assertEqual(subject["commonName"], "client")
                self.assertEqual(record["validation"]["warnings"], [])

    def test_not_let_in(self):
        rows = [
            ("no certificate", {"type": "none"}),
            ("of a stranger", self.certificate("stranger")),
        ]
        for what, given in rows:
            with self.subTest(what):
                record = self.with_auth(given, 422)
                self.assertRegex(record["error"], r"^Connectivity test failed: lab: .+")

    def test_material_that_is_none(self):
        rows = [
            ("no text of a certificate", self.certificate(cert="hello")),
            ("another one's key", self.certificate(key="stranger.key")),
            ("a wrong pass phrase", self.certificate(key="client-sealed.key",
                                                     passphrase="wrong")),
            ("no pass phrase", self.certificate(key="client-sealed.key")),
        ]
        for what, given in rows:
            with self.subTest(what):
                record = self.with_auth(given, 422)
                self.assertEqual(record["status"], "failed")
                self.assertRegex(record["error"],
                                 r"^(Integration validation|Authentication setup) failed: .+")
                self.assertNotIn("PRIVATE KEY", json.dumps(record))

    def test_a_server_that_is_not_trusted(self):
        record = self.with_auth({"type": "none"}, 422, peer=self.plain)
        self.assertRegex(record["error"], r"^Connectivity test failed: lab: .+")
        self.assertEqual(self.plain.seen("/in"), [])


class Provider(Contract):
    """Against npm's oidc-provider."""

    @classmethod
    def before(cls):
        cls.provider = OidcProvider.start()
        if cls.provider is None:
            raise unittest.SkipTest("no oidc-provider: node or npm is missing, or it cannot be "
                                    "installed; the other classes test OAuth2 without it")
        cls.stack.callback(cls.provider.close)

    def with_provider(self, status=201, **over):
        return self.initialize(
            status=status,
            authentication={"type": "oauth2", "tokenUrl": self.provider.url("/token"),
                            "clientId": OidcProvider.CLIENT, "clientSecret": OidcProvider.SECRET,
                            "scopes": ["lab.read", "lab.write"], **over},
            endpoints=[{"name": "lab", "url": self.provider.url("/lab"), "method": "GET",
                        "retries": 0}])

    def test_let_in(self):
        record = self.with_provider()
        self.assertEqual(record["credentials"]["details"]["grantType"], "client_credentials")
        self.assertEqual(self.executed(record)["response"]["data"],
                         {"result": "ok", "client": OidcProvider.CLIENT,
                          "scope": "lab.read lab.write"})

    def test_revoked_is_renewed(self):
        record = self.with_provider()
        self.executed(record)
        self.provider.revoke_all()
        self.assertEqual(self.executed(record)["response"]["data"]["result"], "ok")

    def test_wrong_secret_and_wrong_client(self):
        for what, over, reason in (("secret", {"clientSecret": "wrong"}, "invalid_client"),
                                   ("client", {"clientId": "nobody"}, "invalid_client")):
            with self.subTest(what):
                record = self.with_provider(422, **over)
                self.assertRegex(record["error"], "^Authentication setup failed: .*" + reason)


if __name__ == "__main__":
    unittest.main()
