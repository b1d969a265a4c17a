"""Run JupyterHub on this machine alone, and use it as students' browsers would."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import (
    WebSocketClientConnection,
    WebSocketClosedError,
    websocket_connect,
)

START_S = 60  # until the hub itself must answer
END_S = 60  # for the hub to end its servers, before they are killed
CONNECTIONS = 5  # to a kernel; Jupyter closes one that waited a minute for it
PATIENCE_S = 30  # JupyterHub's own, for a server to answer
CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{ports[1]}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "{password}"
c.SharedPasswordAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.ip = "127.0.0.1"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = {arguments}
c.Spawner.environment = {environment}
c.Spawner.http_timeout = {patience}
c.JupyterHub.services = [dict(name="class", api_token="{token}")]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [dict(name="class", services=["class"], scopes=scopes)]
"""


class HubError(Exception):
    """What broke, in words."""


def missing() -> list[str]:
    """Return the commands that install what a hub needs and is not there."""
    commands = []
    if find_spec("jupyterhub") is None:
        commands.append("python -m pip install jupyterhub")
    if shutil.which("configurable-http-proxy") is None:
        commands.append("npm install --global configurable-http-proxy")
    return commands


def processes(folder: Path) -> dict[str, list[psutil.Process]]:
    """Return the processes at home in a folder, by the name of their home.

    A student's server and kernels have the student's home; hub and proxy have the
    folder itself. What has lost its parent is found, too.
    """
    found = defaultdict(list)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            home = Path(process.environ().get("HOME", "/"))
            if folder in (home, home.parent):
                found[home.name].append(process)
    return found


def measure(folder: Path) -> dict[str, tuple[float, float]]:
    """Return MB of memory and seconds of processor time for each home in a folder.

    Memory is the proportional set size: what processes share is divided among them.
    Where the system does not tell it, the resident set size counts that several times.
    """
    found = {}
    for home, many in processes(folder).items():
        mb = seconds = 0.0
        for process in many:
            with contextlib.suppress(psutil.NoSuchProcess):
                memory = process.memory_full_info()
                mb += getattr(memory, "pss", memory.rss) / 1e6
                seconds += sum(process.cpu_times()[:2])
        found[home] = mb, seconds
    return found


@contextlib.contextmanager
def running_hub(
    folder: Path, environment: Mapping[str, str], patience: int = PATIENCE_S
) -> Iterator["Hub"]:
    """Yield a hub that listens on 127.0.0.1 only; afterwards end all it has started.

    Args:
        folder: private; a student's home is the folder of that name in it.
        environment: variables for the students' servers and kernels.
        patience: seconds that the hub gives a server to answer.

    Raises:
        HubError: the hub does not start.
    """
    with contextlib.ExitStack() as stack:
        free = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        ports = [stack.enter_context(one).getsockname()[1] for one in free]
    token = secrets.token_hex(16)
    config = CONFIG.format(
        ports=ports,
        password=secrets.token_hex(16),
        folder=folder,
        python=sys.executable,
        arguments=["--allow-root"] if os.geteuid() == 0 else [],
        environment=dict(environment),
        patience=patience,
        token=token,
    )
    (folder / "jupyterhub_config.py").write_text(config)
    with open(folder / "hub.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub"],
            cwd=folder,
            env=os.environ | {"HOME": str(folder)},
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches the caller, who then ends the hub
        )
    try:
        hub = Hub(f"http://127.0.0.1:{ports[0]}", token, folder)
        hub.wait_until_up(process)
        yield hub
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
        finally:  # after a second Ctrl-C, too
            rest = [one for many in processes(folder).values() for one in many]
            for one in rest:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            psutil.wait_procs(rest, timeout=5)  # or their parent does not care


class Hub:
    """A running hub, with a token that may do what students and their teacher do.

    Attributes:
        url: where it answers, without a slash at the end.
        folder: that holds the students' homes.
    """

    def __init__(self, url: str, token: str, folder: Path):
        self.url, self.folder = url, folder
        self._headers = {"Authorization": f"token {token}"}

    def wait_until_up(self, process: subprocess.Popen) -> None:
        """Return when the hub answers through its proxy."""
        end = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/hub/api/", timeout=5).close()
                return
            time.sleep(0.2)
        lines = (self.folder / "hub.log").read_text(errors="replace").splitlines()
        raise HubError(f"the hub did not start: {' '.join(lines[-1:])[:300]}")

    def _request(self, url: str) -> HTTPRequest:
        """A request that waits as long as a browser would; 0 is no limit."""
        never = {"connect_timeout": 0, "request_timeout": 0}
        return HTTPRequest(url, headers=self._headers, **never)

    async def ask(self, path: str, body: dict | None = None) -> str:
        """Return the answer, however long it takes; what has a body is posted."""
        request = self._request(self.url + path)
        if body is not None:
            request.method, request.body = "POST", json.dumps(body)
        try:
            with contextlib.closing(AsyncHTTPClient(force_instance=True)) as client:
                return (await client.fetch(request)).body.decode()
        except HTTPClientError as error:
            answer = error.response.body.decode() if error.response else error.message
            with contextlib.suppress(ValueError, KeyError, TypeError):
                answer = json.loads(answer)["message"] or answer
            raise HubError(f"{error.code} {answer[:200]}") from None

    async def start_server(self, name: str) -> None:
        """Start a student's server, and return when it answers.

        Raises:
            HubError: it does not, within the time that the hub gives it.
        """
        server = f"/hub/api/users/{name}/server"
        refused = None
        try:
            await self.ask(server, {})
        except HubError as error:
            refused = error
        try:  # it gives the reason of most refusals
            events = await self.ask(f"{server}/progress")
        except HubError as error:
            raise refused or error from None
        last = json.loads(events.rpartition("data: ")[2])
        if not last.get("ready"):
            raise HubError(last.get("message", "the server did not start"))

    async def run_cells(self, name: str, path: str, cells: Sequence[str]) -> None:
        """Open a notebook as a student, start its kernel, and run cells one by one.

        Args:
            name: of the student.
            path: of the notebook, from the student's home.
            cells: their code.

        Raises:
            HubError: a cell raised an error, or the kernel died.
        """
        api = f"/user/{name}/api"
        await self.ask(f"{api}/contents/{path}")
        session = {"path": path, "name": path, "type": "notebook"}
        session["kernel"] = {"name": "python3"}
        kernel = json.loads(await self.ask(f"{api}/sessions", session))["kernel"]["id"]
        url = f"{self.url}{api}/kernels/{kernel}/channels".replace("http", "ws", 1)
        with contextlib.closing(await self._connect(url)) as channels:
            for number, code in enumerate(cells, start=1):
                try:
                    await _run_cell(channels, code)
                except HubError as error:
                    raise HubError(f"code cell {number}: {error}") from None

    async def _connect(self, url: str) -> WebSocketClientConnection:
        """Connect to a kernel and, as browsers do, again if it was slow to start."""
        for _ in range(CONNECTIONS):
            with contextlib.suppress(HTTPClientError, WebSocketClosedError):
                channels = await websocket_connect(self._request(url))
                await _run_cell(channels, "")
                return channels
        raise HubError(f"the kernel did not answer in {CONNECTIONS} connections")


async def _run_cell(channels: WebSocketClientConnection, code: str) -> None:
    """Have a kernel run code, by Jupyter's messaging protocol."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request"}
    header |= {"session": "class", "username": "", "version": "5.3", "date": ""}
    request = {"header": header, "parent_header": {}, "metadata": {}, "buffers": []}
    request |= {"channel": "shell", "content": {"code": code, "allow_stdin": False}}
    await channels.write_message(json.dumps(request))
    while (text := await channels.read_message()) is not None:
        if isinstance(text, bytes):  # arrays for a widget
            continue
        message = json.loads(text)
        content = message["content"]
        if content.get("execution_state") in ("restarting", "dead"):
            raise HubError("the kernel died; the usual reason is a lack of memory")
        answers = message["parent_header"].get("msg_id") == header["msg_id"]
        if answers and message["msg_type"] == "execute_reply":
            if content["status"] != "ok":
                raise HubError(f"{content.get('ename')}: {content.get('evalue')}"[:200])
            return
    raise WebSocketClosedError("the server closed the connection")
