"""A server that plays the part of Grafana's HTTP API that pushing uses, as strictly as its documentation reads.

Health, folders, data sources by uid, and dashboards; with a service account's token or a user, as editor or admin.
What Grafana would let pass and never do, such as a member it does not know, is refused here.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Mapping[str, Any]]

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FOLDER = {"title", "uid"}
_SOURCE = {"name", "uid", "type", "access", "url", "user", "isDefault", "jsonData", "secureJsonData"}
_SAVE = {"dashboard", "folderUid", "message", "overwrite"}
_DENIED = "You'll need additional permissions to perform this action. Permissions needed: "


@dataclass
class FakeGrafana:
    """What it keeps, who may come in, and what it was asked."""

    tokens: dict[str, str] = field(default_factory=lambda: {"admins-token": "Admin", "editors-token": "Editor"})
    users: dict[str, str] = field(default_factory=lambda: {"admin:pass:word": "Admin"})
    prefix: str = ""
    url: str = ""
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    provisioned: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    @property
    def changes(self) -> list[tuple[str, str]]:
        """What it was asked to change."""
        return [asked for asked in self.asked if asked[0] != "GET"]

    def answer(self, method: str, path: str, authorization: str, body: Any) -> Answer:
        """Answer one request."""
        self.asked.append((method, path))
        if self.broken:
            return 500, {"message": "database is locked"}
        if (method, path) == ("GET", "/api/health"):
            return 200, {"database": "ok", "version": "11.4.0", "commit": "b58701869e"}
        role = self._role(authorization)
        if role is None:
            return 401, {"message": "Invalid username or password", "messageId": "password-auth.failed"}
        kind, _, rest = path.removeprefix("/api/").partition("/")
        if method == "GET":
            return self._shown(kind, rest.removeprefix("uid/"))
        if not isinstance(body, dict):
            return 400, {"message": "bad request data"}
        makes = {"folders": self._make_folder, "datasources": self._make_source, "dashboards/db": self._save}
        what = path.removeprefix("/api/")
        if method != "POST" or what not in makes:
            return 404, {"message": "Not found"}
        if what == "datasources" and role != "Admin":
            return 403, {"message": f"{_DENIED}datasources:create", "title": "Access denied"}
        return makes[what](body)

    def _role(self, authorization: str) -> str | None:
        scheme, _, secret = authorization.partition(" ")
        if scheme == "Basic":
            return self.users.get(base64.b64decode(secret).decode())
        return self.tokens.get(secret) if scheme == "Bearer" else None

    def _shown(self, kind: str, uid: str) -> Answer:
        kept = {"folders": self.folders, "datasources": self.sources, "dashboards": self.dashboards}.get(kind, {})
        if uid not in kept:
            return 404, {"message": f"{kind} not found"}
        return 200, kept[uid]

    def _make_folder(self, body: dict[str, Any]) -> Answer:
        if set(body) - _FOLDER or not body.get("title") or not _UID.fullmatch(body.get("uid", "x")):
            return 400, {"message": "folder title cannot be empty"}
        if body["uid"] in self.folders:
            return 409, {"message": "a folder with that name already exists"}
        url = f"{self.prefix}/dashboards/f/{body['uid']}/{body['title'].lower()}"
        self.folders[body["uid"]] = {"id": 1, **body, "url": url, "version": 1}
        return 200, self.folders[body["uid"]]

    def _make_source(self, body: dict[str, Any]) -> Answer:
        if set(body) - _SOURCE or not all(body.get(name) for name in ("name", "type", "access")):
            return 400, {"message": "bad request data"}
        if not _UID.fullmatch(body["uid"]) or not isinstance(body["jsonData"], dict):
            return 400, {"message": "invalid uid"}
        if body["uid"] in self.sources or body["name"] in {s["name"] for s in self.sources.values()}:
            return 409, {"message": "data source with the same name already exists"}
        shown = {k: v for k, v in body.items() if k != "secureJsonData"}
        kept = {"id": len(self.sources) + 1, **shown, "secureJsonFields": dict.fromkeys(body["secureJsonData"], True)}
        self.sources[body["uid"]] = kept
        return 200, {"datasource": kept, "id": kept["id"], "message": "Datasource added", "name": body["name"]}

    def _save(self, body: dict[str, Any]) -> Answer:
        if set(body) - _SAVE or not isinstance(body.get("dashboard"), dict) or not body["dashboard"].get("title"):
            return 400, {"message": "Dashboard title cannot be empty"}
        uid, before = body["dashboard"]["uid"], self.dashboards.get(body["dashboard"]["uid"])
        if not _UID.fullmatch(uid) or body["dashboard"].get("id") is not None:
            return 400, {"message": "uid contains illegal characters"}
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found", "status": "not-found"}
        if uid in self.provisioned:
            return 400, {"message": "Cannot save provisioned dashboard"}
        if before is not None and not body["overwrite"]:
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        version = 1 if before is None else before["dashboard"]["version"] + 1
        url = f"{self.prefix}/d/{uid}/{body['dashboard']['title'].lower().replace(' ', '-')}"
        kept = {**body["dashboard"], "id": len(self.dashboards) + 1, "version": version}
        self.dashboards[uid] = {"dashboard": kept, "meta": {"folderUid": body["folderUid"], "url": url}}
        return 200, {"id": kept["id"], "uid": uid, "url": url, "status": "success", "version": version}


@contextmanager
def serving(grafana: FakeGrafana) -> Iterator[FakeGrafana]:
    """Let it answer on a free port of the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            is_json = self.headers.get("Content-Type", "").startswith("application/json")
            self._answer(json.loads(content) if is_json else None)

        def _answer(self, body: Any) -> None:
            inside = self.path.startswith(f"{grafana.prefix}/")
            path = self.path.removeprefix(grafana.prefix)
            authorization = self.headers.get("Authorization", "")
            status, told = grafana.answer(self.command, path, authorization, body) if inside else (404, {})
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal for the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    grafana.url = f"http://127.0.0.1:{server.server_port}{grafana.prefix}"
    try:
        yield grafana
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
