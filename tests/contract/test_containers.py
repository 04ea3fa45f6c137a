"""The compose file and the image recipe, checked without an engine, and held to what `up --distributed` runs."""

import itertools
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import services
from commands.distributed import environment, secrets
from commands.distributed.environment import Place
from libs.common import config, mail
from libs.local import containers

ROOT = Path(__file__).parents[2]
COMPOSE, DOCKERFILE = ROOT / "docker-compose.yml", ROOT / "Dockerfile"
BIN = Path(sys.executable).parent
ROLES = ("api", "worker", "migrate")
SECRETS = "/run/secrets/"


@cache
def compose(*said: str, file: Path | None = None) -> dict[str, Any]:
    """As compose itself understands it: anchors merged, defaults in place. ``said``: in .env; ``file``: on top."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PLUMBLINE_", "COMPOSE_"))}
    env |= dict(one.partition("=")[::2] for one in said)
    files = [word for one in (COMPOSE, file) if one for word in ("-f", one)]
    command = [BIN / "docker-compose", *files, "--env-file", os.devnull, "config"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"][name]
    return found


def place() -> Place:
    binds = dict.fromkeys(services.NAMES, "0.0.0.0:8000")
    public, gateway = "http://localhost:8080", "http://gateway:8081"
    return Place(Path(SECRETS), "http://rabbitmq:15672", public, gateway, binds, web_workers=2, web_threads=8)


PROCESSES = [
    *((f"{name}-{role}", environment.of_service(name, role, place())) for name in services.NAMES for role in ROLES),
    *((step, environment.of_step(step, place())) for step in environment.STEPS),
    ("topology-watch", environment.of_step("topology", place())),
]


@pytest.mark.parametrize(("service", "role"), list(itertools.product(services.NAMES, ROLES)))
def test_a_process_is_told_its_own_secrets_only(service: str, role: str) -> None:
    given = [
        Path(value).name
        for name, value in environment.of_service(service, role, place()).items()
        if name.endswith("_FILE")
    ]
    own = {"worker": f"{service}-amqp-url", "api": "signing-key" if service == environment.SIGNER else ""}
    assert set(given) == {f"{service}-database-url", own.get(role, "")} - {""}


def test_what_an_operator_says_counts_without_containers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "PLUMBLINE_PUBLIC_URL": "https://plumbline.example.com",
        "PLUMBLINE_WEB_WORKERS": "3",
        "PLUMBLINE_SMTP_URL_FILE": "/etc/smtp-url",
        "PLUMBLINE_OUTBOX_MOST_HOURS": "24",
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)

    told = environment.of_service("bookings", "api", place())

    assert said.items() <= told.items()
    assert "PLUMBLINE_SMTP_URL" not in told


def test_the_compose_file_is_one() -> None:
    checker = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE]
    done = subprocess.run(checker, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    expected = {"postgres", "rabbitmq", "gateway"} | {name for name, _ in PROCESSES}
    assert set(compose()["services"]) == expected


def test_the_image_recipe_is_sound() -> None:
    done = subprocess.run(
        [BIN / "hadolint", "--failure-threshold", "info", DOCKERFILE], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stdout.decode()
    recipe = DOCKERFILE.read_text()
    assert re.findall(r"^USER (\d+):", recipe, re.MULTILINE) == ["10001", "10001"]
    assert "--require-hashes" in recipe
    assert not re.search(r"(ENV|ARG) .*(PASSWORD|SECRET|KEY|TOKEN)", recipe)


@pytest.mark.parametrize(("name", "given"), PROCESSES, ids=[name for name, _ in PROCESSES])
def test_a_container_is_told_what_its_process_is_told_here(name: str, given: dict[str, str]) -> None:
    told = part(name)["environment"]
    assert set(told) == set(given)
    assert not {variable for variable in told if config._strange(variable)}, "no such setting"
    files = {value.removeprefix(SECRETS) for variable, value in told.items() if variable.endswith("_FILE")}
    assert files == {value.removeprefix(SECRETS).lstrip("/") for key, value in given.items() if key.endswith("_FILE")}
    assert {secret["source"] for secret in part(name)["secrets"]} == files, "a secret is given to whom it is named to"


def test_no_secret_is_given_to_two_services() -> None:
    holders: dict[str, set[str]] = {}
    for name, _ in PROCESSES:
        for secret in part(name)["secrets"]:
            holders.setdefault(secret["source"], set()).add(name.partition("-")[0])
    assert all(len(who) == 1 for who in holders.values()), holders


def test_what_compose_hands_out_is_what_is_made(tmp_path: Path) -> None:
    secrets.write(tmp_path, database="postgres:5432", broker="rabbitmq:5672", mode=0o444)
    made = {path.name for path in tmp_path.iterdir()} - {"passwords.json", "signing-key.pem"}
    assert {Path(one["file"]).name for one in compose()["secrets"].values()} == made == set(compose()["secrets"])
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    secrets.write(tmp_path, database="postgres:5432", broker="rabbitmq:5672", mode=0o444)
    assert before == {path.name: path.read_text() for path in tmp_path.iterdir()}
    for name, given in PROCESSES:
        role = name if name in environment.STEPS else name.partition("-")[2]
        also = () if role != "api" else ("signer",) if name == "staff-api" else ("verifier",)
        config.load({key: value.replace(SECRETS, f"{tmp_path}/") for key, value in given.items()}, role, *also)


def test_every_container_is_locked_in() -> None:
    for name, one in compose()["services"].items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert int(one["mem_limit"]) <= (2 << 30 if name == "postgres" else 1 << 30), name
        assert not one.get("privileged"), name
        assert "ports" not in one or name == "gateway"
        once = name in environment.STEPS or name.endswith("-migrate")
        assert one["restart"] == ("no" if once else "unless-stopped")


def test_nobody_elsewhere_is_asked_for_an_image_that_is_made_here() -> None:
    """Whoever has the name in a registry would be handed passwords and keys: `up` looked there first."""
    ours = {name: one for name, one in compose()["services"].items() if one["image"].startswith("plumbline/")}
    assert set(ours) == {name for name, _ in PROCESSES}
    assert {one.get("pull_policy") for one in ours.values()} == {"never"}


def test_as_many_connections_as_the_database_server_takes_do_not_end_it() -> None:
    """With three apis of each service, below its 300, the engine killed it for its memory."""
    server = part("postgres")
    [most] = [int(word.partition("=")[2]) for word in server["command"] if word.startswith("max_connections=")]
    assert (most * 5 << 20) + (300 << 20) < int(server["mem_limit"])


def test_files_that_are_sent_to_the_gateway_do_not_end_it() -> None:
    """They wait in memory that is its own: four large ones, of whomever, reached its limit."""
    gateway = part("gateway")
    [size] = [int(one.rpartition("size=")[2].rstrip("m")) for one in gateway["tmpfs"] if "/var/cache/nginx" in one]
    assert (size << 20) + (100 << 20) < int(gateway["mem_limit"])


def test_a_service_reaches_its_servers_and_nothing_else() -> None:
    assert set(environment.SENDERS) == {name for name in services.NAMES if mail.JOB in services.spec(name).jobs}
    senders = {f"{name}-worker" for name in environment.SENDERS}
    reach = {"api": {"database", "web"}, "worker": {"database", "broker"}, "migrate": {"database"}}
    for name in services.NAMES:
        for role in ROLES:
            extra = {"outside"} if f"{name}-{role}" in senders else set()
            assert set(part(f"{name}-{role}")["networks"]) == reach[role] | extra
    internal = {name for name, network in compose()["networks"].items() if network.get("internal")}
    assert internal == {"database", "broker", "web"}
    assert (set(part("postgres")["networks"]), set(part("rabbitmq")["networks"])) == ({"database"}, {"broker"})


def test_each_begins_when_what_it_needs_is_there() -> None:
    done, well = "service_completed_successfully", "service_healthy"

    def needs(name: str) -> dict[str, str]:
        return {other: how["condition"] for other, how in part(name).get("depends_on", {}).items()}

    assert needs("provision") == {"postgres": well}
    assert needs("topology") == {"rabbitmq": well}
    assert needs("topology-watch") == {"topology": done}
    for name in services.NAMES:
        assert needs(f"{name}-migrate") == {"provision": done}
        assert needs(f"{name}-api") == {f"{name}-migrate": done}
        assert needs(f"{name}-worker") == {f"{name}-migrate": done, "topology": done}
    assert needs("gateway") == {}, "one api that was slow, and nobody reached any"


def test_in_production_everybody_who_speaks_to_the_broker_gets_to_one_with_tls(tmp_path: Path) -> None:
    """They were told of the broker in containers, whatever was said, and had no way out to another."""
    said = {
        "PLUMBLINE_ENV": "production",
        "PLUMBLINE_PUBLIC_URL": "https://plumbline.example",
        "PLUMBLINE_MANAGEMENT_URL": "https://mq.example:15671",
    }
    lines = tuple(f"{name}={value}" for name, value in said.items())
    told = compose(*lines, file=ROOT / "docker-compose.production.yml")
    secrets.write(tmp_path, database="postgres:5432", broker="mq.example:5671", tls=True)
    parts = told["services"]

    assert (set(compose()["services"]) - set(parts), list(told["volumes"])) == ({"rabbitmq"}, ["postgres"])
    for name, given in PROCESSES:
        one, role = parts[name], name.partition("-")[2] or name
        variables = {key: value.replace(SECRETS, f"{tmp_path}/") for key, value in one["environment"].items()}
        config.load(variables, "topology" if name.startswith("topology") else role)
        if "PLUMBLINE_AMQP_URL_FILE" in given:
            assert (variables["PLUMBLINE_MANAGEMENT_URL"], "outside" in one["networks"]) == (
                said["PLUMBLINE_MANAGEMENT_URL"],
                True,
            )
    [port] = parts["gateway"]["ports"]
    assert (port["host_ip"], port["target"]) == ("127.0.0.1", int(parts["gateway"]["environment"]["GATEWAY_INSIDE"]))


def test_what_watches_over_the_services_is_locked_in_and_reaches_nothing_but_them() -> None:
    told = compose(file=ROOT / "docker-compose.monitoring.yml")
    one = told["services"]["prometheus"]
    assert set(told["services"]) - set(compose()["services"]) == {"prometheus"}
    assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert set(one["networks"]) == {"web", "outside"}
    assert "secrets" not in one
    [port] = one["ports"]
    assert port["host_ip"] == "127.0.0.1"
    [config] = [word.partition("=")[2] for word in one["command"] if word.startswith("--config.file=")]
    mounted = {Path(volume["target"]): Path(volume["source"]) for volume in one["volumes"] if volume["type"] == "bind"}
    assert (mounted[Path(config).parent] / Path(config).name).is_file()


def test_the_gateway_knows_every_service() -> None:
    told = part("gateway")["environment"]
    named = set(re.findall(r"\$\{(\w+)\}", (ROOT / "deploy/gateway/site.conf.template").read_text()))
    assert named == set(told) - {"NGINX_ENVSUBST_FILTER"}
    assert {name: told[f"GATEWAY_{name.upper()}"] for name in services.NAMES} == {
        name: f"{name}-api:8000 resolve" for name in services.NAMES
    }
    ours = {"GATEWAY_LISTEN", "GATEWAY_LOG", "GATEWAY_RESOLVER"}
    assert named - ours == set(environment.of_gateway(place(), Path()))


def test_the_gateway_hears_of_a_container_that_is_new_or_has_another_address() -> None:
    """Two that were stopped and started had each other's: leads was answered with bookings' 404, for good."""
    gateway, site = part("gateway"), (ROOT / "deploy/gateway/site.conf.template").read_text()
    version = re.findall(r"\d+", gateway["image"])
    assert [int(number) for number in version] >= [1, 28], "knows `resolve`"
    assert gateway["environment"]["GATEWAY_RESOLVER"].startswith("127.0.0.11 valid=2s "), "the engine says 10 minutes"
    assert gateway["dns_opt"] == ["ndots:1"], "nobody outside is asked for one that is gone"
    assert re.findall(r"^upstream (\w+) .* zone \1 64k; ", site, re.MULTILINE) == [*services.NAMES]


def test_the_servers_are_the_ones_that_tests_run_on() -> None:
    assert part("postgres")["image"] == containers.POSTGRES_IMAGE
    assert part("rabbitmq")["image"] == containers.RABBIT_IMAGE


@pytest.mark.parametrize("service", services.NAMES)
def test_an_image_holds_all_that_its_service_needs_and_no_other_service(service: str, tmp_path: Path) -> None:
    """What the recipe copies, copied here, does the imports of every role."""
    image(service, tmp_path)
    assert [path.parent.name for path in tmp_path.glob("services/*/service.py")] == [service]
    said = (
        f"import libs.common.cli, libs.common.worker, libs.common.web, services.{service}.service as own; "
        "from libs.common import migrate; print(migrate.head(own.SPEC))"
    )
    done = run_in(tmp_path, "-c", said)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_image_of_the_tools_holds_all_that_their_steps_need(tmp_path: Path) -> None:
    """`topology` ended in a stack trace there, and no worker was ever started."""
    image("tools", tmp_path)
    said = (
        "from commands.__main__ import main as m; print([m.get_command(None, n).name for n in m.list_commands(None)])"
    )
    done = run_in(tmp_path, "-c", said)
    assert done.returncode == 0, done.stderr
    assert set(environment.STEPS) <= set(re.findall(r"\w+", done.stdout))


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python, out of an image that was laid out in the folder."""
    env = {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTHONPYCACHEPREFIX"] = os.environ.get("PYTHONPYCACHEPREFIX", "")  # the packages need not be compiled anew
    return subprocess.run([sys.executable, *arguments], env=env, check=False, capture_output=True, text=True, cwd="/")


def image(name: str, folder: Path) -> None:
    """The files that the stages `base` and `tools`, or `service`, copy out of what the builder is sent of the checkout;
    a target that ends in / is a folder."""
    before, _, own = DOCKERFILE.read_text().partition("FROM base AS tools")
    tools, _, service = own.partition("FROM base AS service")
    recipe = before.partition("AS base")[2] + (tools if name == "tools" else service)
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source, target in re.findall(r"^COPY (?!--from)(\S+) (\S+)", recipe.replace("${SERVICE}", name), re.MULTILINE):
        assert any(source == one or source.startswith(f"{one}/") for one in sent), (
            f"{source} is not sent to the builder"
        )
        place = folder / target.lstrip("/")
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            (place if target.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, place)
