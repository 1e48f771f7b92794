"""Container engines for tests: Debian's podman, containerd and Docker, in folders of their own."""

import http.client
import os
import shutil
import socket as sockets
import stat
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from registries import clean_environment


def podman():
    """The program, where it can run: as root, since nobody else may own files of others."""
    return shutil.which("podman") if os.geteuid() == 0 else None


def containerd():
    """The daemon and its client, where they can run."""
    both = shutil.which("containerd") and shutil.which("ctr")
    return both if os.geteuid() == 0 else None


def dockerd():
    """Docker's daemon; podman serves the same API, so the tests do not ask for it."""
    return shutil.which("dockerd") if os.geteuid() == 0 else None


def podman_environment(folder: Path):
    """Return the environment in which podman keeps everything in a folder."""
    settings = folder / "storage.conf"
    places = f'graphroot = "{folder}/root"\nrunroot = "{folder}/run"\n'
    settings.write_text(f'[storage]\ndriver = "vfs"\n{places}')
    # Its own service must not be asked by the program, and no login of the machine be used.
    others = {"CONTAINER_HOST", "DOCKER_CONFIG"}
    kept = {k: v for k, v in clean_environment().items() if k not in others}
    return {**kept, "CONTAINERS_STORAGE_CONF": str(settings), "XDG_RUNTIME_DIR": str(folder)}


def run(*command, environment=None):
    """Run a program to its end; what it says is in the error where it fails."""
    done = subprocess.run(
        [*map(str, command)], capture_output=True, check=False, env=environment, timeout=60
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout.decode()


@contextmanager
def listening(command, socket: Path, log: Path, environment=None):
    """Run a daemon until the end of the block, which begins when its socket is there."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            [*map(str, command)], stdout=told, stderr=told, env=environment or clean_environment()
        )
    try:
        for _ in range(400):
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            if socket.exists() and stat.S_ISSOCK(socket.stat().st_mode):
                break
            time.sleep(0.05)
        yield socket
    finally:
        process.terminate()
        process.wait(20)


def run_podman(folder: Path):
    """Run podman's service, which speaks Docker's API, on a socket in the folder."""
    socket = folder / "podman.sock"
    command = ["podman", "system", "service", "--time=0", f"unix://{socket}"]
    return listening(command, socket, folder / "log", podman_environment(folder))


def run_containerd(folder: Path):
    """Run containerd on a socket in the folder, without what makes containers of Kubernetes'."""
    socket = folder / "containerd.sock"
    (folder / "config.toml").write_text(
        "version = 2\n"
        f'root = "{folder}/root"\n'
        f'state = "{folder}/state"\n'
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        f'[grpc]\naddress = "{socket}"\n'
    )
    command = ["containerd", "--config", folder / "config.toml"]
    return listening(command, socket, folder / "log")


def run_docker(folder: Path):
    """Run Docker on a socket in the folder, with no hand in the machine's network."""
    socket = folder / "docker.sock"
    places = ("--data-root", folder / "root", "--exec-root", folder / "run")
    network = ("--bridge=none", "--iptables=false", "--ip6tables=false")
    command = ("dockerd", *places, "--pidfile", folder / "pid", "--host", f"unix://{socket}")
    return listening((*command, "--storage-driver=vfs", *network), socket, folder / "log")


def load_docker(socket: Path, archive: Path):
    """Give Docker an archive, as `docker load` does."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = sockets.socket(sockets.AF_UNIX)
    connection.sock.connect(str(socket))
    kind = {"Content-Type": "application/x-tar"}
    connection.request("POST", "/images/load", archive.read_bytes(), kind)
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    assert b"Loaded image" in told, (answer.status, told)
