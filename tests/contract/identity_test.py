#!/usr/bin/python3
"""Keys, users, log-in and what each role may."""
import json
import threading
import time
import unittest

from contract import Contract, wait_for

PASSWORD = "correct horse battery 5b1e"

# least role, method, path, body; the path's integration exists
ROUTES = [
    ("viewer", "GET", "/integrations", None),
    ("viewer", "GET", "/integrations/{id}", None),
    ("viewer", "GET", "/integrations/{id}/executions", None),
    ("viewer", "GET", "/integrations/{id}/logs", None),
    ("viewer", "GET", "/integrations/{id}/analytics", None),
    ("viewer", "GET", "/channels", None),
    ("operator", "POST", "/integrations/{id}/test", None),
    ("operator", "POST", "/integrations/{id}/endpoints/in/execute", {"data": {}}),
    ("operator", "POST", "/integrations/{id}/pause", None),
    ("operator", "POST", "/integrations/{id}/resume", None),
    ("editor", "PUT", "/mappings/roles", {"from": "json", "to": "json",
                                          "rules": [{"to": "a", "from": "b"}]}),
    ("editor", "DELETE", "/mappings/roles", None),
    ("editor", "PUT", "/secrets/roles", {"value": "x"}),
    ("editor", "DELETE", "/secrets/roles", None),
    ("admin", "GET", "/keys", None),
    ("admin", "GET", "/users", None),
    ("admin", "GET", "/audit", None),
]
ROLES = ["viewer", "operator", "editor", "admin"]


class Identity(Contract):
    def make_key(self, role, **over):
        got = self.ok("POST", "/keys", {"name": self.name("key"), "role": role, **over}, 201)
        self.assertRegex(got["key"], r"^zsk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$")
        return got

    def make_user(self, role="viewer", password=PASSWORD):
        name = self.name("user")
        self.ok("POST", "/users", {"name": name, "role": role, "password": password}, 201)
        return name

    def login(self, name, password=PASSWORD):
        return self.call("POST", "/login", {"username": name, "password": password}, key="")

    def as_session(self, token, method="GET", path="/me", body=None):
        return self.call(method, path, body, key="",
                         headers={"Authorization": f"Bearer {token}"})

    def test_roles(self):
        record = self.initialize()
        keys = {role: self.make_key(role)["key"] for role in ROLES}
        for least, method, path, body in ROUTES:
            for role in ROLES:
                with self.subTest(f"{role}: {method} {path}"):
                    got = self.call(method, path.replace("{id}", record["id"]), body, keys[role])
                    if ROLES.index(role) < ROLES.index(least):
                        self.assertEqual(got.status, 403, got.text)
                    else:
                        self.assertIn(got.status, (200, 201, 204, 404), got.text)
                        self.assertNotEqual((got.status, method), (404, "GET"))

    def test_without_a_credential(self):
        record = self.initialize()
        for _, method, path, body in ROUTES:
            with self.subTest(f"{method} {path}"):
                got = self.call(method, path.replace("{id}", record["id"]), body, key="")
                self.assertEqual(got.status, 401, got.text)
                self.assertEqual(got.headers["Content-Type"], "application/problem+json")
        self.assertEqual(self.engine.request("GET", "/livez", key="")[0], 200)

    def test_keys(self):
        made = self.make_key("viewer")
        self.assertEqual(self.call("GET", "/integrations", key=made["key"]).status, 200)
        listed = self.ok("GET", "/keys")["items"]
        self.assertIn(made["id"], [k["id"] for k in listed])
        self.assertNotIn(made["key"], json.dumps(listed))
        self.assertNotIn(made["key"].split("_")[2], json.dumps(listed))
        taken = self.call("POST", "/keys", {"name": made["name"], "role": "viewer"})
        self.assertEqual(taken.status, 409, taken.text)
        self.assertEqual(self.call("POST", "/keys", {"name": "x", "role": "king"}).status, 400)
        self.engine.stop()
        self.engine.start()
        self.assertEqual(self.call("GET", "/integrations", key=made["key"]).status, 200)
        self.assertEqual(self.call("DELETE", f"/keys/{made['id']}").status, 204)
        self.assertEqual(self.call("GET", "/integrations", key=made["key"]).status, 401)
        self.engine.stop()
        self.engine.start()
        self.assertEqual(self.call("GET", "/integrations", key=made["key"]).status, 401)

    def test_a_key_that_ends(self):
        made = self.make_key("viewer", expiresIn="2s")
        self.assert_time(made["expiresAt"])
        self.assertEqual(self.call("GET", "/me", key=made["key"]).status, 200)
        wait_for("the key has ended",
                 lambda: self.call("GET", "/me", key=made["key"]).status == 401)

    def test_health_sends_requests_for_operators_only(self):
        record = self.initialize(endpoints=[{"url": self.peer.url("/request"), "method": "POST",
                                             "probe": "request"}])
        sent = len(self.peer.seen("/request", "POST"))
        path = f"/integrations/{record['id']}/health"
        for role, probe, more in (("viewer", "HEAD", 0), ("operator", "POST", 1)):
            with self.subTest(role):
                got = self.call("GET", path, key=self.make_key(role)["key"])
                self.assertEqual((got.status, got.json["status"]), (200, "healthy"), got.text)
                self.assertEqual(got.json["endpoints"][0]["probe"], probe)
                self.assertEqual(len(self.peer.seen("/request", "POST")), sent + more)

    def test_log_in_and_out(self):
        name = self.make_user("editor")
        got = self.login(name)
        self.assertEqual(got.status, 200, got.text)
        self.assert_members(got.json, "token", "expiresAt", "user")
        token = got.json["token"]
        self.assertRegex(token, r"^zss_[A-Za-z0-9_-]{43}$")
        self.assert_time(got.json["expiresAt"])
        me = self.as_session(token)
        self.assertEqual(me.status, 200, me.text)
        self.assertEqual((me.json["name"], me.json["role"]), (name, "editor"))
        self.assertEqual(self.as_session(token, path="/keys").status, 403)
        self.assertIn(self.as_session(token, "POST", "/logout").status, (200, 204))
        self.assertEqual(self.as_session(token).status, 401)

    def test_wrong_ones_get_the_same_answer(self):
        name = self.make_user()
        wrong = self.login(name, "not the password")
        nobody = self.login("nobody-at-all", PASSWORD)
        self.assertEqual((wrong.status, nobody.status), (401, 401))
        for member in ("title", "detail", "code"):
            self.assertEqual(wrong.json.get(member), nobody.json.get(member))
        self.assertEqual(self.login(name).status, 200)

    def test_users(self):
        name = self.make_user("viewer")
        user = self.ok("GET", f"/users/{name}")
        self.assertEqual((user["name"], user["role"]), (name, "viewer"))
        self.assertNotIn("argon2", json.dumps(self.ok("GET", "/users")))
        self.assertNotIn("argon2", json.dumps(user))
        same = self.call("POST", "/users", {"name": name, "role": "viewer", "password": PASSWORD})
        self.assertEqual(same.status, 409, same.text)
        for what, body in (("short", {"name": "a", "role": "viewer", "password": "short"}),
                           ("role", {"name": "a", "role": "king", "password": PASSWORD}),
                           ("name", {"name": "a b", "role": "viewer", "password": PASSWORD})):
            with self.subTest(what):
                self.assertEqual(self.call("POST", "/users", body).status, 400)

    def test_a_change_ends_the_sessions(self):
        name = self.make_user("viewer")
        token = self.login(name).json["token"]
        self.ok("PUT", f"/users/{name}", {"role": "operator"})
        self.assertEqual(self.as_session(token).status, 401)
        token = self.login(name).json["token"]
        self.assertEqual(self.as_session(token).json["role"], "operator")
        self.ok("PUT", f"/users/{name}", {"disabled": True})
        self.assertEqual(self.as_session(token).status, 401)
        self.assertEqual(self.login(name).status, 401)
        self.ok("PUT", f"/users/{name}", {"disabled": False, "password": PASSWORD + "2"})
        self.assertEqual(self.login(name).status, 401)
        self.assertEqual(self.login(name, PASSWORD + "2").status, 200)
        self.assertEqual(self.call("DELETE", f"/users/{name}").status, 204)
        self.assertEqual(self.login(name, PASSWORD + "2").status, 401)

    def change_meanwhile(self, name, then):
        """The status of a new password, and of what was asked while it was hashed."""
        got = []
        slow = threading.Thread(target=lambda: got.append(
            self.call("PUT", f"/users/{name}", {"password": PASSWORD + "3"}).status))
        slow.start()
        time.sleep(0.02)
        other = then().status
        slow.join()
        return got[0], other

    def test_changes_of_one_user_do_not_undo_each_other(self):
        for turn in range(4):
            with self.subTest("disabled", turn=turn):
                name = self.make_user()
                self.assertEqual(self.change_meanwhile(name, lambda: self.call(
                    "PUT", f"/users/{name}", {"disabled": True})), (200, 200))
                self.assertTrue(self.ok("GET", f"/users/{name}")["disabled"])
                self.assertEqual(self.login(name, PASSWORD + "3").status, 401)
            with self.subTest("deleted", turn=turn):
                name = self.make_user()
                slow, other = self.change_meanwhile(
                    name, lambda: self.call("DELETE", f"/users/{name}"))
                self.assertIn((slow, other), ((404, 204), (200, 204)))
                self.assertEqual(self.call("GET", f"/users/{name}").status, 404)
                self.assertEqual(self.login(name, PASSWORD + "3").status, 401)

    def test_users_stay_and_sessions_do_not(self):
        name = self.make_user()
        token = self.login(name).json["token"]
        self.engine.stop()
        self.engine.start()
        self.assertEqual(self.as_session(token).status, 401)
        self.assertEqual(self.login(name).status, 200)

    def test_changes_are_in_the_audit(self):
        name = self.make_user()
        token = self.login(name).json["token"]
        made = self.make_key("viewer")
        entries = wait_for("the audit has both", lambda: (
            lambda t: t if name in t and made["id"] in t else None)(
                json.dumps(self.ok("GET", "/audit"))))
        for secret in (PASSWORD, token, made["key"]):
            self.assertNotIn(secret, entries)


class Guessing(Contract):
    def test_too_many_failures_are_not_heard(self):
        self.ok("POST", "/users", {"name": "ann", "role": "viewer", "password": PASSWORD}, 201)
        statuses = [self.call("POST", "/login", {"username": "ann", "password": f"wrong {n}"},
                              key="").status for n in range(11)]
        self.assertEqual(statuses, [401] * 10 + [429])
        got = self.call("POST", "/login", {"username": "ann", "password": PASSWORD}, key="")
        self.assertEqual(got.status, 429)
        self.assertTrue(1 <= int(got.headers["Retry-After"]) <= 60)
        self.assertEqual(self.call("GET", "/me").status, 429)  # keys of that address neither


class MasterKey(Contract):
    def test_without_it_the_engine_does_not_start(self):
        self.ok("PUT", "/secrets/one", {"value": "x"}, 201)
        self.engine.stop()
        key = self.engine.data / "master.key"
        text = key.read_text()
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        for what, change, code in (
                ("missing", key.unlink, "AUTH-034"),
                ("another", lambda: (key.touch(0o600), key.write_text(
                    "zarish-master-key-1:" + "A" * 43 + "\n")), "AUTH-036"),
                ("damaged", lambda: key.write_text("hello"), "AUTH-031"),
                ("readable by others", lambda: key.chmod(0o644), "AUTH-030")):
            with self.subTest(what):
                change()
                self.engine.start(wait=False)
                self.assertNotEqual(self.engine.process.wait(30), 0)
                self.assertIn(code, self.engine.log_text())
                self.engine.log.unlink()
        key.chmod(0o600)
        key.write_text(text)
        self.engine.start()
        self.assertEqual([s["name"] for s in self.ok("GET", "/secrets")["items"]], ["one"])


if __name__ == "__main__":
    unittest.main()
