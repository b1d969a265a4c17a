"""Train one network in several processes, of this machine or of several.

On this machine, `train` starts all of them. On several machines, run on each of them

    python -m utils.workers FOLDER --steps 100

where FOLDER holds `data.npz` and can be read by all, and the environment variable
TF_CONFIG says who takes part and which of them this one is. Without TF_CONFIG it
trains alone. The training step is lesson 14's, and so is the network.

TensorFlow's workers listen on all of a machine's network addresses and ask for no
password: use them in a network that you trust, behind a firewall.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import ROOT
from utils.checks import require

HOST = "127.0.0.1"
LIMIT_S = 900  # for a whole training, on a busy machine too
GRACE_S = 60  # that workers have to end by themselves when one has failed
ERROR = r"^[\w.]*Error\b.*"  # a line that ends a traceback


class WorkerError(RuntimeError):
    """A training that did not end well; the message holds the worker's last words."""


@dataclass(frozen=True)
class Training:
    """What became of a training with several workers.

    Attributes:
        weights: of each worker, its list of arrays; empty for a worker that failed.
        seconds: per step, the median; of the worker that needed longest. NaN if one
            failed.
        codes: exit status of each process; 0 is well, below 0 killed.
        said: the error of each process in one line, "" if there was none.
        ports: that the workers used, and gave back.
    """

    weights: list[list[np.ndarray]]
    seconds: float
    codes: list[int]
    said: list[str]
    ports: list[int]


def train(
    folder: Path,
    workers: int = 2,
    *,
    steps: int = 100,
    batch_size: int = 256,
    save_every: int = 0,
    kill_at: int = 0,
) -> Training:
    """Start the workers on this machine, and wait until all have ended.

    Each gets one core, a port that is free and its own TF_CONFIG. When one fails, the
    others are stopped after GRACE_S seconds.

    Args:
        folder: holds `data.npz`: "images", float32 (n, 28, 28, 1) in [0, 1], and
            "labels" (n,), n at least steps x batch_size. Results and backups land here.
        workers: processes, 1 to 8.
        steps: of the whole training.
        batch_size: images per step, of all workers together; divisible among them.
        save_every: steps between two backups; 0 for none. A training that finds a
            backup in the folder goes on from there.
        kill_at: kill the last worker before it does this step; 0 for never.

    Returns:
        What became of it.

    Raises:
        TypeError, ValueError: a number out of range, a batch that cannot be divided.
        WorkerError: a worker failed although none was to be killed, or took too long.
    """
    require(workers=(workers, 1, 8), steps=(steps, 1, 10**6))
    require(save_every=(save_every, 0, steps), kill_at=(kill_at, 0, steps - 1))
    if batch_size % workers:
        raise ValueError(
            f"a batch of {batch_size} for {workers} workers: not divisible"
        )
    folder = Path(folder).resolve()
    for old in [*folder.glob("worker_*"), *folder.glob("waiting")]:
        old.unlink()
    command = [sys.executable, "-m", "utils.workers", str(folder)]
    command += ["--steps", str(steps), "--batch-size", str(batch_size)]
    command += ["--save-every", str(save_every), "--wait-at", str(kill_at)]
    ports, processes = free_ports(workers), []
    with ExitStack() as stack:
        for index in range(workers):
            log = stack.enter_context(open(folder / f"worker_{index}.log", "wb"))
            env = os.environ | _environment(ports, index)
            options = dict(cwd=ROOT, env=env, stdout=log, stderr=log)
            processes.append(subprocess.Popen(command, **options))
        _wait(processes, folder / "waiting")
    result = _collect(folder, [process.returncode for process in processes], ports)
    if any(result.codes) and not kill_at:
        raise WorkerError(f"exit status {result.codes}: {result.said}")
    return result


def free_ports(count: int) -> list[int]:
    """Return ports that no program on this machine uses.

    Example:
        >>> len(set(free_ports(3)))
        3
    """
    with ExitStack() as stack:  # all open at once, so that no two are the same
        opened = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in opened:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in opened]


def is_open(port: int) -> bool:
    """Tell whether a program on this machine answers at this port.

    Example:
        >>> is_open(free_ports(1)[0])
        False
    """
    with socket.socket() as one:
        one.settimeout(5)
        return one.connect_ex((HOST, port)) == 0


def cluster(ports: Sequence[int], index: int) -> str:
    """Return the TF_CONFIG of one of several workers on this machine.

    Example:
        >>> cluster([5000, 5001], 1)
        '{"cluster": {"worker": ["127.0.0.1:5000", "127.0.0.1:5001"]}, \
"task": {"type": "worker", "index": 1}}'
    """
    places = [f"{HOST}:{port}" for port in ports]
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": places}, "task": task})


def _environment(ports: Sequence[int], index: int) -> dict[str, str]:
    config = cluster(ports, index) if len(ports) > 1 else ""
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")  # one core for each
    return dict.fromkeys(names, "1") | {"TF_CONFIG": config}


def _wait(processes: list[subprocess.Popen], waiting: Path) -> None:
    """Wait for all; kill the last where it waits for that, and all at the limit."""
    limit = time.monotonic() + LIMIT_S
    try:
        while any(process.poll() is None for process in processes):
            if waiting.exists():
                processes[-1].kill()
            if any(process.poll() for process in processes):  # one has failed
                limit = min(limit, time.monotonic() + GRACE_S)
            if time.monotonic() > limit:
                break
            time.sleep(0.05)
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def _collect(folder: Path, codes: list[int], ports: list[int]) -> Training:
    weights, seconds, said = [], [], []
    for index, code in enumerate(codes):
        text = (folder / f"worker_{index}.log").read_text("utf-8", errors="replace")
        said.append((re.findall(ERROR, text, re.MULTILINE) or [""])[-1])
        weights.append([])
        seconds.append(np.nan)
        if code == 0:
            with np.load(folder / f"worker_{index}.npz") as file:
                seconds[-1] = float(file["seconds"])
                weights[-1] = [file[f"weight_{i}"] for i in range(len(file.files) - 1)]
    return Training(weights, float(np.max(seconds)), codes, said, ports)


def work(options: argparse.Namespace) -> None:
    """Do one worker's part of a training; TF_CONFIG says which it is."""
    import utils.runtime  # noqa: F401 - first: start-up lines stay out

    # isort: split

    import tensorflow as tf

    config = json.loads(os.environ.get("TF_CONFIG") or "{}")
    index = config["task"]["index"] if config else 0
    count = len(config["cluster"]["worker"]) if config else 1
    strategy = tf.distribute.get_strategy()  # for one: as if there were no strategy
    if count > 1:  # must come before any other work of TensorFlow
        strategy = tf.distribute.MultiWorkerMirroredStrategy()

    import keras

    from utils.from_lessons import build_cnn, make_step

    with strategy.scope():
        keras.utils.set_random_seed(0)
        model = build_cnn(dropout=0, filters=8)
        optimizer = keras.optimizers.Adam(0.0005)
        optimizer.build(model.trainable_variables)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    backups = tf.train.CheckpointManager(checkpoint, options.folder / "backup", 1)
    if options.save_every and backups.latest_checkpoint:
        checkpoint.restore(backups.latest_checkpoint)
    run_step = make_step(strategy, model, optimizer, options.batch_size)
    with np.load(options.folder / "data.npz") as file:
        images, labels = file["images"], file["labels"].astype("int64")
    size, seconds = options.batch_size // count, []
    for step in range(int(optimizer.iterations.numpy()), options.steps):
        if index == count - 1 and step == options.wait_at > 0:
            (options.folder / "waiting").touch()
            starter, limit = os.getppid(), time.monotonic() + LIMIT_S
            while os.getppid() == starter and time.monotonic() < limit:
                time.sleep(0.1)  # `train` kills this process meanwhile
            sys.exit("WorkerError: this worker was to be killed, and nobody did")
        begin = step * options.batch_size + index * size
        began = time.perf_counter()
        run_step(images[begin : begin + size], labels[begin : begin + size])
        seconds.append(time.perf_counter() - began)
        if index == 0 and options.save_every and (step + 1) % options.save_every == 0:
            backups.save(checkpoint_number=step + 1)
    arrays = {f"weight_{i}": w.numpy() for i, w in enumerate(model.trainable_variables)}
    arrays["seconds"] = np.median(seconds)
    np.savez(options.folder / f"worker_{index}.npz", **arrays)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, train as one worker, and return the exit status.

    Returns:
        0 if the training ended well, 1 if another worker was lost; the last line on
        standard error then says how TensorFlow noticed.
    """
    parser = argparse.ArgumentParser(prog="python -m utils.workers")
    parser.add_argument("folder", type=Path, help="with data.npz; takes the results")
    parser.add_argument("--steps", type=int, default=100, help="of the whole training")
    help_ = "images per step, of all workers together"
    parser.add_argument("--batch-size", type=int, default=256, help=help_)
    help_ = "steps between two backups; 0: none"
    parser.add_argument("--save-every", type=int, default=0, help=help_)
    parser.add_argument("--wait-at", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.folder = options.folder.resolve()
    try:
        work(options)
    except Exception as error:
        import tensorflow as tf

        if not isinstance(error, tf.errors.UnavailableError):
            raise
        lines = [line for line in str(error).splitlines() if "aborted" in line]
        sys.stderr.write(f"\n{type(error).__name__}: {(lines or ['?'])[0]}\n")
        sys.stderr.flush()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
