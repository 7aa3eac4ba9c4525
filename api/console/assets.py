"""What pages load besides themselves: our style sheet and script, and plotly's bundled script."""

import gzip
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from foreworn.errors import NotFound

router = APIRouter(include_in_schema=False)

_OWN = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_PLOTLY = "plotly.min.js"


def _file(name: str) -> Path:
    if name == _PLOTLY:
        spec = find_spec("plotly")
        if spec is None or spec.origin is None:
            raise NotFound("asset", name)
        return Path(spec.origin).parent / "package_data" / _PLOTLY
    own = {f.name: f for f in _OWN.iterdir()}
    if name not in own:
        raise NotFound("asset", name)
    return own[name]


@cache
def _content(name: str) -> tuple[bytes, bytes, str]:
    """Return the bytes, the bytes packed, and their hash; read once a process."""
    plain = _file(name).read_bytes()
    return plain, gzip.compress(plain, 6, mtime=0), hashlib.sha256(plain).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of an asset; it changes with the content, so browsers may keep it for ever."""
    return f"/assets/{_content(name)[2]}/{name}"


@router.api_route("/assets/{version}/{name}", methods=["GET", "HEAD"])
def get_asset(request: Request, version: str, name: str) -> Response:
    """Answer the asset, packed where the browser unpacks; an address of another version is not found."""
    plain, packed, current = _content(name)
    if version != current:
        raise NotFound("version of asset", f"{version}/{name}")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    body = plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = packed
    return Response(body, media_type=_TYPES[Path(name).suffix], headers=headers)
