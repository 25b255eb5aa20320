"""What is in deploy/ fits the code, as far as it can be told without an engine to run it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from flask import Flask

from tests.deploy.dockerfile import DOCKERFILE, ROOT, stages
from tests.deploy.packaged import packaged
from tests.helpers.vendors import served
from webapp import __version__
from webapp.cli import main
from webapp.settings import Settings

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "callme"]
GUIDE = (ROOT / "docs" / "deployment.md").read_text("utf-8")
KNOWN = {f"CALLME_{name.upper()}" for name in Settings.model_fields} | {"CALLME_SECRETS_DIR"}


def tool(name: str, *arguments: str, **environment: str) -> None:
    """Run what judges a file; skipped where it is not there."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not here")
    done = subprocess.run(
        [path, *arguments], capture_output=True, text=True, check=False, env=environment or None
    )
    assert done.returncode == 0, done.stdout + done.stderr


def words_of(command: str, text: str = GUIDE) -> list[str]:
    """The words of the only line, with what it goes on in, that begins with this."""
    (line,) = re.findall(rf"^{command} (?:.*\\\n)*.*$", text, re.MULTILINE)
    return shlex.split(line.replace("\\\n", " "))


# The image


def test_the_dockerfile_has_no_known_weakness() -> None:
    done = subprocess.run(
        [packaged("hadolint"), str(DOCKERFILE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_callme_as_an_unprivileged_user() -> None:
    *_, image = stages()
    assert int(image.user) > 0
    assert image.entrypoint == ["python3", "-m", "webapp"]
    assert parses(image.command)
    assert "/healthz" in image.health[-1]


@pytest.mark.parametrize("status", [200, 503])
def test_the_images_health_check_ignores_proxy_variables(status: int) -> None:
    """A company's network may set a proxy for everything, and it cannot reach this machine."""
    *_, image = stages()
    app = Flask(__name__)
    app.add_url_rule("/healthz", view_func=lambda: ("", status))
    with served(app) as origin:
        port = str(urlsplit(origin).port)
        command = [sys.executable, "-c", image.health[-1].replace("8000", port)]
        nowhere = {"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
        done = subprocess.run(command, env=os.environ | nowhere, check=False, timeout=20)
    assert done.returncode == (status != 200)


def test_the_image_holds_no_secret_and_what_it_copies_is_there() -> None:
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    for stage in stages():
        assert not set(stage.environment) & KNOWN, "it would be heeded before a secret's file"
        for step in stage.steps:
            if step.name == "COPY" and not step.rest.startswith("--from"):
                source = step.rest.split()[0]
                assert (ROOT / source).exists(), source
                assert f"!{source}" in allowed, f"{source} does not reach the build"


# Compose


def parses(arguments: list[str]) -> bool:
    """Whether `callme` takes these words; raises what click says of them."""
    group: Any = main
    with group.make_context("callme", list(arguments), resilient_parsing=False) as context:
        name, command, rest = group.resolve_command(context, list(arguments))
        while hasattr(command, "commands"):
            name, command, rest = command.resolve_command(context, rest)
        command.make_context(name, rest, parent=context)
    return True


@pytest.mark.parametrize("name", OURS)
def test_each_container_is_read_only_without_capabilities(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert parses(service["command"])


def test_each_half_has_two_replicas_and_waits_for_healthy_stores() -> None:
    for half in ("web", "dispatch"):
        assert SERVICES[half]["deploy"]["replicas"] == 2
        waits = SERVICES[half]["depends_on"]
        assert waits["upgrade"]["condition"] == "service_completed_successfully"
        assert {waits[store]["condition"] for store in ("postgres", "redis")} == {"service_healthy"}


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]


def names_of_settings() -> Iterator[str]:
    yield from (name for service in SERVICES.values() for name in service.get("environment", ()))
    yield from COMPOSE["secrets"]
    for file in (DEPLOY / "callme.env.example", DEPLOY / "callme.service"):
        words = file.read_text("utf-8").replace("=", " ").replace(":", " ").split()
        yield from (word for word in words if word.startswith("CALLME_"))


def test_every_callme_setting_in_deploy_exists() -> None:
    named = {name for name in names_of_settings() if name.startswith("CALLME_")}
    assert named
    assert named <= KNOWN


def test_each_secret_that_is_used_is_declared() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])


def test_no_secret_is_also_set_as_an_environment_variable() -> None:
    """If a setting has both, the variable takes effect."""
    for name in OURS:
        assert not set(SERVICES[name]["environment"]) & set(SERVICES[name]["secrets"]), name


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_dispatchers_have_a_stop_timeout_longer_than_the_vendors_patience() -> None:
    patience = Settings.model_construct().vendor_patience.total_seconds()
    assert seconds(SERVICES["dispatch"]["stop_grace_period"]) > patience
    unit = (DEPLOY / "callme.service").read_text("utf-8")
    assert int(re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[0]) > patience
    words = words_of("docker run")
    assert int(words[words.index("--stop-timeout") + 1]) > patience


def test_the_docker_run_command_mounts_each_required_secret_and_the_data() -> None:
    words = words_of("docker run")
    mounted = {value for flag, value in pairwise(words) if flag == "--volume"}
    required = [name for name, field in Settings.model_fields.items() if field.is_required()]
    for name in (f"CALLME_{field_name.upper()}" for field_name in required):
        assert f"$PWD/deploy/secrets/{name}:/run/secrets/{name}:ro" in mounted, name
    example = Path(words[words.index("--env-file") + 1] + ".example")
    assert (ROOT / example).exists()
    *_, image = stages()
    assert image.workdir in {mount.split(":")[1] for mount in mounted}, "its database would be lost"
    assert words[-1] == "callme"


def test_each_mounted_volume_is_declared_or_a_file_in_deploy() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists(), volume


# Beside the containers


def test_the_proxy_asks_each_web_process_whether_it_is_ready() -> None:
    """Caddy asks those only that its file names one by one; the containers' names are Compose's."""
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    said = dict(re.findall(r"^\t\t(\w+) (.+)$", text, re.MULTILINE))
    count = SERVICES["web"]["deploy"]["replicas"]
    named = [f"{COMPOSE['name']}-web-{number}:8000" for number in range(1, count + 1)]
    assert said["to"].split() == named
    assert said["health_uri"] == "/readyz"
    notices = seconds(said["health_interval"]) + seconds(said["health_timeout"])
    assert notices < float(SERVICES["web"]["environment"]["CALLME_LEAVE_SECONDS"])


def scrapes() -> list[str]:
    text = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    return re.findall(r"^```yaml\n(scrape_configs:.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("config", scrapes())
def test_promtool_accepts_the_prometheus_configuration(config: str, tmp_path: Path) -> None:
    file = tmp_path / "prometheus.yml"
    file.write_text(config, "utf-8")
    tool("promtool", "check", "config", "--syntax-only", str(file))


def test_prometheus_asks_each_container_by_a_name_that_compose_knows() -> None:
    """At the proxy they would answer by turns."""
    jobs = [job for config in scrapes() for job in yaml.safe_load(config)["scrape_configs"]]
    assert {job["job_name"] for job in jobs} == {"callme"}, "the alerts look for this name"
    (names,) = (config for job in jobs for config in job.get("dns_sd_configs", ()))
    assert names["type"] == "A"
    assert set(names["names"]) == {"web", "dispatch"} <= set(SERVICES)


def test_systemd_analyze_accepts_the_unit(tmp_path: Path) -> None:
    """systemd looks for the command, so the test names one that every machine has."""
    unit = (DEPLOY / "callme.service").read_text("utf-8")
    command = unit.split("ExecStart=")[1].splitlines()[0]
    assert parses(command.split()[1:])
    file = tmp_path / "callme.service"
    file.write_text(unit.replace(command, "/bin/true"), "utf-8")
    tool("systemd-analyze", "verify", str(file))


def test_commands_run_as_the_user_that_the_unit_runs_as() -> None:
    """A dynamic user is known by its name, and the state folder is given to whoever starts next."""
    unit = (DEPLOY / "callme.service").read_text("utf-8").splitlines()
    words = words_of("exec systemd-run", (DEPLOY / "callme.sh").read_text("utf-8"))
    wanted = {value for flag, value in pairwise(words) if flag == "-p"}
    assert wanted <= set(unit), "the unit says something else"
    same = ("User=", "DynamicUser=", "StateDirectory=", "LoadCredential=", "EnvironmentFile=")
    assert {line for line in unit if line.startswith(same)} <= wanted
    assert words[-5:-3] == ["/bin/sh", "-c"]
    assert shlex.split(words[-3])[-2:] == ["/opt/callme/bin/callme", "$@"]
    assert words[-1] == "$@"
    assert not any("%" in word for word in wanted), "systemd-run takes each % as it stands"


def test_the_script_passes_on_arguments_and_input_and_sets_the_secrets_directory(
    tmp_path: Path,
) -> None:
    """As systemd-run does it: the command, with the folder of the credentials in its environment."""
    programs = {
        "systemd-run": 'until [ "$1" = /bin/sh ]; do shift; done; CREDENTIALS_DIRECTORY=/here "$@"\n',
        "told": 'echo "$CALLME_SECRETS_DIR"; printf "[%s]" "$@"; cat\n',
        "callme": (DEPLOY / "callme.sh")
        .read_text("utf-8")
        .replace("/opt/callme/bin/callme", str(tmp_path / "told")),
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}", "utf-8")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [tmp_path / "callme", "sites", "two words", "-"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        input="given",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "/here\n[sites][two words][-]given"


def test_no_command_of_the_guide_reads_dev_stdin() -> None:
    """Callme's user cannot reopen a file that root has opened."""
    assert "/dev/stdin" not in GUIDE
    assert GUIDE.count("sites apply - < sites.toml") == 3


def test_the_guide_installs_only_hashed_packages_and_our_wheel() -> None:
    installs = re.findall(r"pip install (.*)$", GUIDE, re.MULTILINE)
    ours = "--no-deps dist/callme-0.1.0-py3-none-any.whl"
    assert installs == ["--no-deps --require-hashes -r requirements/server.txt", ours]
    assert f"callme-{__version__}-" in ours


def test_the_database_health_check_connects_over_tcp() -> None:
    """A server without a network sets a new database up first."""
    words = SERVICES["postgres"]["healthcheck"]["test"]
    assert words[words.index("--host") + 1] == "127.0.0.1"
