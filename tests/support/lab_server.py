"""Serve JupyterLab for tests, with nobody's settings."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from utils import ROOT

TOKEN = "a-token-of-this-test"


@contextlib.contextmanager
def serving_lab(folder: Path, settings: dict[str, dict]):
    """Yield where JupyterLab serves a folder, as `python -m utils lab` starts it.

    Args:
        folder: what it shows; its own files go to `folder/.lab`.
        settings: by plugin, such as "docmanager-extension/plugin".

    Yields:
        A function that turns the path of a notebook into an address.
    """
    own = {
        name: str(folder / ".lab" / name)
        for name in [
            "IPYTHONDIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
        ]
    }
    for plugin, values in settings.items():
        name = f"@jupyterlab/{plugin}.jupyterlab-settings"
        file = Path(own["JUPYTERLAB_SETTINGS_DIR"]) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "utils", "lab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    command += [f"--IdentityProvider.token={TOKEN}"]
    environment = os.environ | own | {"PYTHONPATH": str(ROOT)}
    log = folder / ".lab" / "log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "wb") as file:
        server = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=file, stderr=file
        )
    try:
        for _ in range(300):
            assert server.poll() is None, log.read_text()
            with contextlib.suppress(OSError):
                url = f"http://127.0.0.1:{port}/api?token={TOKEN}"
                urllib.request.urlopen(url, timeout=5).close()
                break
            time.sleep(0.2)
        yield lambda path: f"http://127.0.0.1:{port}/doc/tree/{path}?token={TOKEN}"
    finally:
        server.terminate()
        server.wait(20)
