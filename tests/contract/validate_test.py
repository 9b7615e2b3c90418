#!/usr/bin/python3
"""validateIntegrationConfig, validateEndpoint, validateAuthentication: every text of the guide."""
import unittest

from contract import Contract

HTTPS = {"url": "https://lab.example/in", "method": "POST"}
NO_AUTH = "No authentication configuration provided"
PLAIN = "HTTP endpoint detected - recommend using HTTPS for security"


def config(**over):
    whole = {"name": "lab", "type": "rest_api", "endpoints": [HTTPS],
             "authentication": {"type": "api_key", "key": "k"}, **over}
    return {k: v for k, v in whole.items() if v is not None}


# what, config, errors, warnings
INTEGRATIONS = [
    ("all is well", config(), [], []),
    ("nothing at all", {},
     ["Required field 'name' is missing", "Required field 'type' is missing",
      "Required field 'endpoints' is missing"], [NO_AUTH]),
    ("no name", config(name=None), ["Required field 'name' is missing"], []),
    ("an empty name", config(name=""), ["Required field 'name' is missing"], []),
    ("no type", config(type=None), ["Required field 'type' is missing"], []),
    ("no endpoints", config(endpoints=None), ["Required field 'endpoints' is missing"], []),
    ("an unknown type", config(type="soap"), ["Invalid integration type: soap"], []),
    ("a type in capitals", config(type="REST_API"), ["Invalid integration type: REST_API"], []),
    ("no authentication", config(authentication=None), [], [NO_AUTH]),
    ("an unknown authentication", config(authentication={"type": "kerberos"}),
     ["Invalid authentication type: kerberos"], []),
    ("an endpoint of nothing", config(endpoints=[{}]),
     ["Endpoint URL is required", "HTTP method is required"], []),
    ("two endpoints, both wrong",
     config(endpoints=[{"method": "POST"}, {"url": "https://lab.example/"}]),
     ["Endpoint URL is required", "HTTP method is required"], []),
    ("plain HTTP", config(endpoints=[{"url": "http://lab.example/in", "method": "GET"}]), [],
     [PLAIN]),
    ("errors in the guide's order",
     {"type": "soap", "endpoints": [{"url": "nowhere", "method": "FETCH"}],
      "authentication": {"type": "kerberos"}},
     ["Required field 'name' is missing", "Invalid integration type: soap",
      "Invalid URL format: nowhere", "Invalid HTTP method: FETCH",
      "Invalid authentication type: kerberos"], [PLAIN]),
]

# what, endpoint, the integration's type, errors, warnings
ENDPOINTS = [
    ("all is well", HTTPS, "", [], []),
    ("no url", {"method": "GET"}, "", ["Endpoint URL is required"], []),
    ("an empty url", {"url": "", "method": "GET"}, "", ["Endpoint URL is required"], []),
    ("no method", {"url": "https://a.example/"}, "", ["HTTP method is required"], []),
    ("an empty method", {"url": "https://a.example/", "method": ""}, "",
     ["HTTP method is required"], []),
    ("no url format", {"url": "lab", "method": "GET"}, "", ["Invalid URL format: lab"], [PLAIN]),
    ("a path is no url", {"url": "/in", "method": "GET"}, "", ["Invalid URL format: /in"], [PLAIN]),
    ("a wrong method", {"url": "https://a.example/", "method": "FETCH"}, "",
     ["Invalid HTTP method: FETCH"], []),
    ("HEAD is none of the guide's", {"url": "https://a.example/", "method": "HEAD"}, "",
     ["Invalid HTTP method: HEAD"], []),
    ("plain", {"url": "http://a.example/", "method": "GET"}, "", [], [PLAIN]),
    ("for REST a method is needed", {"url": "https://a.example/"}, "rest_api",
     ["HTTP method is required"], []),
    ("for FHIR a method is needed", {"url": "https://a.example/"}, "fhir_api",
     ["HTTP method is required"], []),
    ("HL7 v2 has a natural verb", {"url": "mllps://a.example:2575"}, "hl7_v2", [], []),
    ("plain MLLP", {"url": "mllp://a.example:2575"}, "hl7_v2", [],
     ["MLLP endpoint detected - recommend using MLLPS for security"]),
] + [(f"{m} is a method", {"url": "https://a.example/", "method": m}, "rest_api", [], [])
     for m in ("GET", "POST", "PUT", "DELETE", "PATCH", "get", "Post")]

# what, authentication, errors
AUTHENTICATIONS = [
    ("oauth2", {"type": "oauth2", "tokenUrl": "https://a.example/token", "clientId": "c",
                "clientSecret": "s"}, []),
    ("api_key", {"type": "api_key", "key": "k"}, []),
    ("jwt", {"type": "jwt", "secret": "a secret of thirty-two bytes, long"}, []),
    ("basic", {"type": "basic", "username": "u", "password": "p"}, []),
    ("none", {"type": "none"}, []),
    ("unknown", {"type": "kerberos"}, ["Invalid authentication type: kerberos"]),
    ("capitals", {"type": "OAuth2"}, ["Invalid authentication type: OAuth2"]),
]


class Validate(Contract):
    def check(self, path, body, errors, warnings):
        got = self.ok("POST", path, body)
        self.assertEqual(got["errors"], errors)
        self.assertEqual(got["warnings"], warnings)
        self.assertIs(got["valid"], not errors)
        return got

    def test_integration_config(self):
        for what, body, errors, warnings in INTEGRATIONS:
            with self.subTest(what):
                got = self.check("/validate/integration", body, errors, warnings)
                self.assertEqual(got["checkedFields"], ["name", "type", "endpoints"])

    def test_every_type_of_the_guide_is_one(self):
        for kind in ("rest_api", "fhir_api", "hl7_v2", "websocket", "file_transfer", "database"):
            with self.subTest(kind):
                got = self.ok("POST", "/validate/integration", config(type=kind))
                self.assertNotIn(f"Invalid integration type: {kind}", got["errors"])

    def test_endpoint(self):
        for what, body, kind, errors, warnings in ENDPOINTS:
            with self.subTest(what):
                path = "/validate/endpoint" + (f"?type={kind}" if kind else "")
                self.check(path, body, errors, warnings)

    def test_authentication(self):
        for what, body, errors in AUTHENTICATIONS:
            with self.subTest(what):
                self.check("/validate/authentication", body, errors, [])

    def test_validating_changes_nothing(self):
        before = self.ok("GET", "/integrations")
        self.ok("POST", "/validate/integration", config())
        self.assertEqual(self.ok("GET", "/integrations"), before)

    def test_what_is_no_json(self):
        for path in ("/validate/integration", "/validate/endpoint", "/validate/authentication"):
            with self.subTest(path):
                self.assertEqual(self.call("POST", path, "{").status, 400)

    def test_a_stored_integration(self):
        record = self.initialize()
        got = self.ok("POST", f"/integrations/{record['id']}/validate")
        self.assertEqual((got["valid"], got["errors"], got["warnings"], got["checkedFields"]),
                         (True, [], [PLAIN, NO_AUTH], ["name", "type", "endpoints"]))


if __name__ == "__main__":
    unittest.main()
