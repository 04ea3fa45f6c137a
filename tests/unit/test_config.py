"""The environment is checked before anything begins, and every fault is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from libs.common import config
from libs.common.config import Misconfigured, load

ROOT = Path(__file__).parents[2]
GOOD = {
    "PLUMBLINE_DATABASE_URL": "postgresql://leads:Tr0ub4dor-and-3@db/leads",
    "PLUMBLINE_AMQP_URL": "amqps://leads:Tr0ub4dor-and-3@mq/%2F",
    "PLUMBLINE_JWKS_URL": "http://staff:8000/api/v1/staff/jwks",
}
PRODUCTION = {**GOOD, "PLUMBLINE_ENV": "production", "PLUMBLINE_PUBLIC_URL": "https://plumbline.example"}
EVERYTHING = ("api", "worker", "migrate", "verifier")


def problems(*roles: str, **environ: str) -> list[str]:
    with pytest.raises(Misconfigured) as wrong:
        load({**GOOD, **environ}, *(roles or EVERYTHING))
    return wrong.value.problems


def test_what_is_given_is_read_and_the_rest_has_defaults() -> None:
    loaded = load({**GOOD, "PLUMBLINE_WEB_THREADS": "1"}, *EVERYTHING)

    assert loaded.database_url == "postgresql+psycopg://leads:Tr0ub4dor-and-3@db/leads"
    assert (loaded.web_threads, loaded.web_workers) == (1, 2)


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Misconfigured) as wrong:
        load({}, *EVERYTHING)
    assert [line.split()[0] for line in wrong.value.problems] == list(GOOD)


def test_a_role_needs_only_its_own_settings() -> None:
    assert load({"PLUMBLINE_DATABASE_URL": GOOD["PLUMBLINE_DATABASE_URL"]}, "migrate").amqp_url == ""


def test_a_misspelt_name_is_refused_with_what_was_meant() -> None:
    assert problems(PLUMBLINE_DATABSE_URL="x") == [
        "PLUMBLINE_DATABSE_URL is no setting; did you mean PLUMBLINE_DATABASE_URL?"
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "mysql://x@db/leads", "is not an address like postgresql+psycopg://"),
        ("AMQP_URL", "amqp://guest:guest@mq/", "says guest to mq"),
        ("AMQP_URL", "amqp://mq/", "says guest to mq"),
        ("AMQP_URL", "amqp://leads:x@mq:port/", "is no address"),
        ("JWKS_URL", "file:///etc/passwd", "is not an address like http://"),
        ("SIGNING_KEY", "not a key", "is no private key on P-256"),
        ("SMTP_URL", "http://mail", "is not an address like smtp://"),
        ("MAIL_FROM", "a@b\r\nBcc: c@d", "is no sender"),
        ("BIND", "8000", "is not host:port"),
        ("BIND", "0.0.0.0:70000", "is not host:port"),
        ("WEB_WORKERS", "0", "is no whole number from 1"),
        ("WEB_THREADS", "٣", "is no whole number from 1"),
        ("LOG_LEVEL", "loud", "is none of debug"),
        ("ENV", "prod", "is none of development, production"),
    ],
)
def test_a_wrong_value_is_refused_and_says_why(name: str, value: str, said: str) -> None:
    [problem] = problems(**{f"PLUMBLINE_{name}": value})
    assert problem.startswith(f"PLUMBLINE_{name} ")
    assert said in problem


def test_guest_may_speak_to_a_broker_on_loopback() -> None:
    assert load({**GOOD, "PLUMBLINE_AMQP_URL": "amqp://guest:guest@127.0.0.1:5672/"}, "worker").amqp_url


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AMQP_URL", "amqp://leads:Tr0ub4dor-and-3@mq/", "plain amqp in production"),
        ("AMQP_URL", "amqps://leads:short@mq/", "weak password"),
        ("DATABASE_URL", "postgresql://leads@db/leads", "weak password"),
        ("PUBLIC_URL", "http://plumbline.example", "plain http in production"),
        ("MANAGEMENT_URL", "http://rabbitmq:15672", "plain http in production"),
    ],
)
def test_production_refuses_what_is_weak_or_plain(name: str, value: str, said: str) -> None:
    load(PRODUCTION, *EVERYTHING)
    with pytest.raises(Misconfigured, match=said):
        load({**PRODUCTION, f"PLUMBLINE_{name}": value}, *EVERYTHING)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    given = {"PLUMBLINE_DATABASE_URL": "sqlite:///x.db", "PLUMBLINE_SIGNING_KEY_FILE": str(key)}

    assert "PRIVATE KEY" in load(given, "api", "signer").signing_key
    key.unlink()
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(given, "api", "signer")
    with pytest.raises(Misconfigured, match="given twice"):
        load({**given, "PLUMBLINE_SIGNING_KEY": "x"}, "api", "signer")


@pytest.mark.parametrize("name", ["PLUMBLINE_PYTHON", "PLUMBLINE_CACHE", "PLUMBLINE_TOKEN", "PLUMBLINE_TEST_KILLS"])
def test_what_is_said_to_the_commands_themselves_is_no_misspelt_setting(name: str) -> None:
    assert load({**GOOD, name: "x"}, *EVERYTHING) == load(GOOD, *EVERYTHING)


def test_a_config_does_not_show_its_secrets() -> None:
    assert "Tr0ub4dor" not in repr(load(GOOD, *EVERYTHING))


def test_the_example_is_as_the_code_says() -> None:
    committed = (ROOT / ".env.example").read_text()
    assert committed == config.example(), "run ./plumbline config example --write"


def test_a_wrong_environment_ends_the_process_with_2_and_a_line_a_problem() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "commands", "config", "check", "api", "verifier"],
        env={"PLUMBLINE_DATABASE_URL": "sqlite://", "PLUMBLINE_JWKS": "x", "PATH": ""},
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert [line.split()[1] for line in done.stderr.splitlines()] == ["PLUMBLINE_JWKS", "PLUMBLINE_JWKS_URL"]
