"""`python -m tests.deploy.rehearsal`: the Dockerfile's steps in a bare Debian, then the image's command.

There is no Docker engine on every machine that tests. So each RUN and COPY is done in a root file
system made by debootstrap; then the command runs in there as the image's user, on a root that is
read-only but for /tmp and /var/lib/callme, until the health check passes and pages were had from it.
Needs root, debootstrap and the network; takes one to three minutes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from tests.deploy.dockerfile import ROOT, Stage, pairs, stages
from tests.helpers.waiting import wait_until

PACKAGES = "python3,python3-venv,ca-certificates"
OF_THIS_MACHINE = (
    "/etc/resolv.conf",
    "/etc/pip.conf",
    "/etc/xdg/pip",
    "/etc/ssl/certs/ca-certificates.crt",
)
"""How the network is reached from here: what a Docker engine would bring along."""

CHROOT = "/usr/sbin/chroot"
PORT = 8000
SETTINGS = {
    "CALLME_SECRET_KEY": "rehearsal-" * 4,
    "CALLME_DIALOGTECH_ACCESS_KEY": "rehearsal",
    "CALLME_DIALOGTECH_SECRET_ACCESS_KEY": "rehearsal",
}
MOUNTS = """
set -e
mount --bind "$ROOT" "$ROOT"
for one in dev proc; do mount --rbind "/$one" "$ROOT/$one"; done
mount -o remount,bind,ro "$ROOT"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount -t tmpfs -o mode=0777 tmpfs "$ROOT/var/lib/callme"
exec "$@"
"""


def main() -> int:
    """A root file system that is here already may be named; it is left as it is."""
    with TemporaryDirectory(prefix="callme-image-") as name:
        base = Path(name) / "base"
        if sys.argv[1:]:
            subprocess.run(["cp", "--archive", sys.argv[1], str(base)], check=True)
            return _rehearse(base)
        _say("a bare Debian")
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(base)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return _rehearse(base)


def _rehearse(base: Path) -> int:
    for path in OF_THIS_MACHINE:
        _bring(path, base)
    made: dict[str, Path] = {}
    for stage in stages():
        root = made[stage.name] = base.with_name(stage.name or "image")
        subprocess.run(["cp", "--archive", "--reflink=auto", str(base), str(root)], check=True)
        _build(stage, root, made)
    _serve(stage, root)
    _say("all is well")
    return 0


def _build(stage: Stage, root: Path, made: dict[str, Path]) -> None:
    environment = _environment({})
    for step in stage.steps:
        _say(f"{step.name} {step.rest}")
        match step.name:
            case "RUN":
                command = [CHROOT, str(root), "/bin/sh", "-c", step.rest]
                subprocess.run(command, check=True, env=environment)
            case "ENV":
                environment |= pairs(step)
            case _:
                _copy(step.rest.split(), root, made)


def _copy(words: Sequence[str], root: Path, made: dict[str, Path]) -> None:
    *options, source, target = words
    here = ROOT
    for option in options:
        here = made[option.removeprefix("--from=")]
    _put(here / source.lstrip("/"), root / target.lstrip("/"))


def _bring(path: str, root: Path) -> None:
    if Path(path).exists():
        _put(Path(path), root / path.lstrip("/"))


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            source,
            target,
            symlinks=True,
            dirs_exist_ok=True,
            ignore=ignored if source.is_relative_to(ROOT) else None,
        )
    else:
        shutil.copy2(source, target)


def _serve(stage: Stage, root: Path) -> None:
    _say(f"{stage.entrypoint} {stage.command}, as user {stage.user}, on a read-only root")
    environment = _environment(stage.environment) | SETTINGS
    server = subprocess.Popen(
        _inside(stage, root, [*stage.entrypoint, *stage.command]), env=environment
    )
    try:
        wait_until(lambda: _passes(stage, root), 60, "the health check")
        for path in ("/readyz", "/stop", "/healthz"):
            answer = requests.get(f"http://127.0.0.1:{PORT}{path}", timeout=10)
            if answer.status_code != 200:
                raise SystemExit(f"{path} answers {answer.status_code}: {answer.text[:300]}")
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(240)
    if code:
        raise SystemExit(f"after SIGTERM it exits with {code}")


def _passes(stage: Stage, root: Path) -> bool:
    command = [CHROOT, str(root), *stage.health]
    return not subprocess.run(
        command, env=_environment(stage.environment), capture_output=True, check=False
    ).returncode


def _inside(stage: Stage, root: Path, command: Sequence[str]) -> list[str]:
    """The command in a mount namespace of its own, as the image's user."""
    return [
        *("unshare", "--mount", "--propagation=private"),
        *("env", f"ROOT={root}", "/bin/sh", "-c", MOUNTS, "callme"),
        *(CHROOT, f"--userspec={stage.user}:{stage.user}", str(root)),
        *("env", f"--chdir={stage.workdir}"),
        *command,
    ]


def _environment(set_in_image: Mapping[str, str]) -> dict[str, str]:
    network = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))
    }
    path = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    return {**network, **path, **set_in_image}


def _say(what: str) -> None:
    print(f"→ {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
