"""The other systems of the contract test, each a real server on a port of the kernel's.

Peer          HTTP or HTTPS; what it answers is a function of the request, per path
TokenServer   a Peer that gives OAuth2 tokens and lets in who has a live one; tokens can be revoked
OidcProvider  npm's oidc-provider on node's http; None where node or npm is missing
Certificates  a throwaway CA with a server's and clients' certificates, by openssl
"""
import base64
import collections
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMIT = 30.0

Request = collections.namedtuple("Request", "method path query headers body certificate")
Answer = collections.namedtuple("Answer", "status headers body phrase")


def answer(status=200, body=None, headers=None, phrase=None):
    """body: bytes as they are, anything else as JSON; None is no body."""
    kind = {} if body is None or isinstance(body, bytes) else {"Content-Type": "application/json"}
    text = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {**kind, **(headers or {})}, text, phrase)


class BreakOff(Exception):
    """Raised by a behaviour: the connection ends without an answer, or within one."""

    def __init__(self, first=b""):
        super().__init__()
        self.first = first


class Peer:
    """`routes` maps a path to a function of a Request; everything else is answered 200 {}."""

    def __init__(self, context=None, port=0):
        self.routes = {}
        self.requests = []
        self.gate = threading.Event()  # who is held waits for this
        self.lock = threading.Lock()
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = LIMIT

            def any_method(self):
                peer.serve(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = any_method

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def finish_request(self, request, client_address):
                if context:  # on the connection's own thread: a bad handshake holds nobody up
                    request.settimeout(LIMIT)
                    request = context.wrap_socket(request, server_side=True)
                super().finish_request(request, client_address)

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.scheme = "https" if context else "http"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def serve(self, handler):
        url = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        certificate = getattr(handler.connection, "getpeercert", lambda: None)()
        request = Request(handler.command, url.path, parse_qsl(url.query, keep_blank_values=True),
                          handler.headers, body, certificate)
        with self.lock:
            self.requests.append(request)
        try:
            got = self.routes.get(url.path, lambda _: answer(200, {}))(request)
            handler.send_response(got.status, got.phrase)
            for name, value in got.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(got.body)))
            handler.end_headers()
            if handler.command != "HEAD":
                handler.wfile.write(got.body)
        except BreakOff as end:
            handler.wfile.write(end.first)
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            handler.close_connection = True

    def url(self, path="/"):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def seen(self, path, method=None):
        """Requests to a path so far."""
        with self.lock:
            return [r for r in self.requests
                    if r.path == path and (method is None or r.method == method)]

    def hold(self, request):
        """A behaviour: wait until the gate opens (at the latest when the peer closes)."""
        self.gate.wait(LIMIT)
        return answer(200, {"late": True})

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class TokenServer(Peer):
    """RFC 6749: client_credentials and refresh_token at /token; /lab wants a live token."""

    CLIENT, SECRET = "zarish", "client-secret-7f3a"

    def __init__(self):
        super().__init__()
        self.live = set()
        self.refresh = set()
        self.n_given = 0
        self.expires_in = 3600  # None: left out
        self.give_refresh = False
        self.routes["/token"] = self.token
        self.routes["/lab"] = self.lab

    def token(self, request):
        given = request.headers.get("Authorization", "")
        right = "Basic " + base64.b64encode(f"{self.CLIENT}:{self.SECRET}".encode()).decode()
        form = {k: v[0] for k, v in parse_qs(request.body.decode()).items()}
        if given != right:
            return answer(401, {"error": "invalid_client"})
        if form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") not in self.refresh:
                return answer(400, {"error": "invalid_grant"})
        elif form.get("grant_type") != "client_credentials":
            return answer(400, {"error": "unsupported_grant_type"})
        with self.lock:
            self.n_given += 1
            token = f"access-token-{self.n_given}-c41d"
            self.live.add(token)
        body = {"access_token": token, "token_type": "Bearer"}
        if self.expires_in is not None:
            body["expires_in"] = self.expires_in
        if self.give_refresh:
            body["refresh_token"] = f"refresh-token-{self.n_given}-9be2"
            self.refresh.add(body["refresh_token"])
        return answer(200, body)

    def lab(self, request):
        given = request.headers.get("Authorization", "")
        if given.removeprefix("Bearer ") not in self.live or not given.startswith("Bearer "):
            return answer(401, {"error": "invalid_token"})
        return answer(200, {"result": "ok"})

    def revoke_all(self):
        self.live.clear()


class OidcProvider:
    """A real provider in a node process. `OidcProvider.start()` is None where it cannot be had."""

    VERSION = "9.13.3"
    CLIENT, SECRET = "zarish", "provider-secret-51d0"

    def __init__(self, process, port):
        self.process = process
        self.port = port

    @classmethod
    def start(cls):
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm:
            return None
        folder = ROOT / "build" / "npm"
        if not (folder / "node_modules" / "oidc-provider").is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(
                [npm, "install", "--prefix", str(folder), "--no-save", "--no-audit", "--no-fund",
                 f"oidc-provider@{cls.VERSION}"], capture_output=True, timeout=120, check=False)
            if done.returncode != 0:
                return None
        process = subprocess.Popen(
            [node, str(HERE / "oidc.mjs"), str(folder), cls.CLIENT, cls.SECRET],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = process.stdout.readline()
        if not line:
            process.wait(LIMIT)
            return None
        return cls(process, json.loads(line)["port"])

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def revoke_all(self):
        self.process.stdin.write(b"revoke\n")
        self.process.stdin.flush()
        assert json.loads(self.process.stdout.readline())["revoked"] > 0

    def close(self):
        self.process.stdin.close()
        self.process.wait(LIMIT)
        self.process.stdout.close()


class Certificates:
    """ca.pem; server, client and stranger (of another CA), each NAME.pem and NAME.key."""

    PASSPHRASE = "pass-phrase-2c9e"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority("ca")
        self.authority("other-ca")
        self.issue("server", "ca", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self.issue("client", "ca", "extendedKeyUsage=clientAuth")
        self.issue("stranger", "other-ca", "extendedKeyUsage=clientAuth")
        self.openssl("pkcs8", "-topk8", "-in", "client.key", "-out", "client-sealed.key",
                     "-v2", "aes-256-cbc", "-passout", f"pass:{self.PASSPHRASE}")

    def openssl(self, *words, stdin=None):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True,
                       input=stdin)

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2",
                     "-subj", f"/CN=contract test {name}", "-addext",
                     "basicConstraints=critical,CA:TRUE", "-addext",
                     "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, ca, extension):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey",
                     f"{ca}.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext",
                     "-out", f"{name}.pem")

    def text(self, name):
        return (self.folder / name).read_text()

    def demanding(self):
        """A server's context that wants a client certificate of our CA."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        context.load_verify_locations(self.folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def plain(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context


def closed_port():
    """A port of this machine on which nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment_without_proxy():
    return {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
