"""A small OpenID Connect issuer on loopback: discovery, keys, the authorization code flow with PKCE.

It checks what a strict issuer checks, and can be taken away, given new keys, or told to lie.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc.jwk import ECKey, Key, KeyParameters, RSAKey

from tests.support.credentials import HOUR_SECONDS, signed

CLIENT_ID, CLIENT_SECRET = "cantata-web", "the client's secret"
AUDIENCE = "cantata-api"
USER = "u-17"


class LocalIssuer:
    """What the issuer knows."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.is_down = False
        self.calls_itself: str | None = None
        self.claims: dict[str, Any] = {}
        self.published: list[dict[str, Any]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.key: Key = self.rotate()

    def rotate(self, algorithm: str = "ES256") -> Key:
        """Sign with a new key from now on, and publish it beside the older ones."""
        name: KeyParameters = {"kid": secrets.token_hex(4), "alg": algorithm, "use": "sig"}
        key: Key = RSAKey.generate_key(2048, name) if algorithm == "RS256" else ECKey.generate_key("P-256", name)
        self.key = key
        self.published.append(key.as_dict(private=False))
        return key

    def token(self, sub: str = USER, **members: Any) -> str:
        """Sign an access token; None leaves a claim out."""
        now = int(time.time())
        told = {"iss": self.url, "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + HOUR_SECONDS, **members}
        return self.sign({name: value for name, value in told.items() if value is not None})

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign with the newest key."""
        return signed(claims, self.key, str(self.key.alg), kid=str(self.key.kid))

    @contextmanager
    def serving(self) -> Iterator["LocalIssuer"]:
        """Answer while the context is open."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], auth: str) -> tuple[int, Any]:
        """Return a status, and a document or the address to go to."""
        self.asked[path] += 1
        if self.is_down:
            return 503, {}
        match path:
            case "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.calls_itself or self.url,
                    "jwks_uri": f"{self.url}/keys",
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                }
            case "/keys":
                return 200, {"keys": self.published}
            case "/authorize":
                return self._authorize(query)
            case "/token":
                return self._token(form, auth)
        return 404, {}

    def _authorize(self, query: dict[str, str]) -> tuple[int, Any]:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = query
        return 302, f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'iss': self.url})}"

    def _token(self, form: dict[str, str], auth: str) -> tuple[int, Any]:
        begun = self._codes.pop(form["code"], None)
        expected = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        is_right = (
            begun is not None
            and auth == expected
            and form["redirect_uri"] == begun["redirect_uri"]
            and base64.urlsafe_b64encode(digest).decode().rstrip("=") == begun["code_challenge"]
        )
        if not is_right or begun is None:
            return 400, {"error": "invalid_grant"}
        told = {"aud": CLIENT_ID, "nonce": begun["nonce"], "email": "ada@example.org", **self.claims}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.token(**told)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer({name: values[0] for name, values in parse_qs(body).items()})

            def _answer(self, form: dict[str, str]) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, told = issuer.answer(parts.path, query, form, self.headers.get("Authorization", ""))
                body = b"" if status == 302 else json.dumps(told).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", told)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
