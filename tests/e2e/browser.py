"""A real browser, controlled over the DevTools protocol; waits poll the page."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import anyio
from websockets.asyncio.client import ClientConnection, connect

from tests.e2e.sse_reader import Json

WAIT_S = 20.0
CHROMIUM_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-proxy-server",
)
_GREETING = b"DevTools listening on "


class Browser:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)

    async def page(self, url: str, *, first: str = "", is_tab: bool = False) -> "Page":
        """A window with that page, or a tab that hides the others of the same window; `first` is a
        script that runs before the page's own."""
        made = await self.call("Target.createTarget", url="about:blank", newWindow=not is_tab)
        attached = await self.call(
            "Target.attachToTarget", targetId=made["targetId"], flatten=True
        )
        page = Page(self, str(attached["sessionId"]))
        await page.call("Page.enable")
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=first)
        await page.call("Page.navigate", url=url)
        await page.until("document.readyState !== 'loading'")
        return page

    async def call(self, method: str, *, session: str | None = None, **given: object) -> Json:
        """One at a time; events of the browser are ignored."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": given, "sessionId": session}
        request = {name: value for name, value in message.items() if value is not None}
        with anyio.fail_after(WAIT_S):
            await self._socket.send(json.dumps(request))
            while (reply := json.loads(await self._socket.recv())).get("id") != number:
                pass
        assert "result" in reply, reply
        result: Json = reply["result"]
        return result


class Page:
    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    async def call(self, method: str, **given: object) -> Json:
        return await self._browser.call(method, session=self._session, **given)

    async def value(self, expression: str) -> object:
        answer = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        result = answer["result"]
        assert isinstance(result, dict)
        return result.get("value")

    async def until(self, expression: str) -> object:
        """Its value, once it is something."""
        look = f"const found = ({expression}); found ? done(found) : setTimeout(look, 20);"
        return await self.value(f"new Promise((done) => {{ (function look() {{ {look} }})(); }})")

    async def click(self, element: str) -> None:
        """As with a mouse: it goes to what is seen in the middle of the element."""
        middle = "({x, y, width, height}) => ({x: x + width / 2, y: y + height / 2})"
        await self.value(f"{element}.scrollIntoView({{block: 'center'}})")
        at = await self.value(f"({middle})({element}.getBoundingClientRect())")
        assert isinstance(at, dict)
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at
            )

    async def show(self) -> None:
        """Selects its tab, which hides the others of the window."""
        await self.call("Page.bringToFront")

    async def press(self, key: str, *, text: str = "") -> None:
        """As on a keyboard: it goes to what has the focus."""
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    async def write(self, text: str) -> None:
        await self.call("Input.insertText", text=text)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            shutil.which("chromium") or "chromium",
            *CHROMIUM_FLAGS,
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with connect(await _address(process), proxy=None, max_size=None) as socket:
                yield Browser(socket)
        finally:
            process.terminate()
            # What it still says is read, or it could not end.
            await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    with anyio.fail_after(WAIT_S):
        async for line in process.stderr:
            if line.startswith(_GREETING):
                return line.removeprefix(_GREETING).decode().strip()
    raise AssertionError("the browser did not start")
