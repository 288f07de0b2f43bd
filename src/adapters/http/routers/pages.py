"""The page, the interactive API description, and the files they are made of."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse

from adapters.http.answers.links import API
from adapters.http.problems.problem import Problem

_PAGES = Path(__file__).parents[1] / "pages"
_ASSET_KINDS = frozenset({".css", ".js", ".svg"})
_BY_ACCEPT = {"Vary": "Accept"}
_SWAGGER = ("swagger-ui.css", "swagger-ui-bundle.js")


def pages_router() -> APIRouter:
    router = APIRouter()

    async def first_page(_: Request) -> FileResponse:
        return _fresh(_PAGES / "index.html")

    async def named_page(request: Request) -> FileResponse:
        """The same page, which finds in its address what to show; for browsers only."""
        if "text/html" not in request.headers.get("accept", "").lower():
            detail = f"This is a page for browsers; for programs it is {API}{request.url.path}."
            raise Problem(status=404, code="not_found", detail=detail, headers=_BY_ACCEPT)
        return _fresh(_PAGES / "index.html", **_BY_ACCEPT)

    async def docs(_: Request) -> FileResponse:
        return _fresh(_PAGES / "docs.html")

    async def asset(request: Request) -> FileResponse:
        path = _assets().get(request.path_params["name"])
        if path is None:
            raise Problem(status=404, code="not_found", detail="There is no such file.")
        return _fresh(path)

    router.add_route("/", first_page, include_in_schema=False)
    router.add_route("/sessions/{session_id}", named_page, include_in_schema=False)
    router.add_route("/tasks/{task_id}", named_page, include_in_schema=False)
    router.add_route("/docs", docs, include_in_schema=False)
    router.add_route("/assets/{name}", asset, include_in_schema=False)
    return router


def _fresh(path: Path, **headers: str) -> FileResponse:
    # A browser may keep it, but asks first: after an upgrade old and new must not mix.
    return FileResponse(path, headers={"Cache-Control": "no-cache", **headers})


@cache
def _assets() -> Mapping[str, Path]:
    """Every file that may be asked for, by its name; a path from outside opens nothing else."""
    own = {path.name: path for path in _PAGES.iterdir() if path.suffix in _ASSET_KINDS}
    return {**own, **{name: _swagger_folder() / name for name in _SWAGGER}}


def _swagger_folder() -> Path:
    vendor = Path(str(files("swagger_ui_bundle"))) / "vendor"
    return next(path for path in vendor.iterdir() if path.name.startswith("swagger-ui-"))
