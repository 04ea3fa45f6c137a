"""Private brokers, databases and gateways: started for real, kept apart from each other, gone when their owner is."""

import shutil
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from commands import provision
from libs.local import NotReady, nginx, postgres, rabbit
from libs.local.broker import Broker, VirtualHost
from libs.local.database import DatabaseServer
from libs.local.ports import free_ports
from libs.local.process import Program
from tests.system.distributed_world import exists

ROOT = Path(__file__).parents[2]


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=5)


def test_a_role_reaches_its_own_database_and_no_other(postgres: DatabaseServer, new_database) -> None:
    leads, staff = new_database("leads"), new_database("staff")
    with connect(leads) as db:
        db.execute("create table lead (id int)")

    for other in (staff.rpartition("/")[2], "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            connect(f"{leads.rpartition('/')[0]}/{other}")


def test_databases_are_made_over_a_line_that_is_as_safe_as_the_address_asks(postgres: DatabaseServer) -> None:
    """It was left out of the address, and the administrator's password went to whoever was there."""
    told = {"PLUMBLINE_DATABASE_URL": f"{postgres.url()}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem"}
    told["PLUMBLINE_DATABASE_PASSWORDS"] = "leads=a-long-password"

    done = CliRunner().invoke(provision.command, env=told)

    assert (done.exit_code, "cannot be reached" in done.stderr) == (3, True), done.output


def test_making_a_database_again_keeps_it_and_sets_the_new_password(postgres: DatabaseServer, new_database) -> None:
    url = new_database("again")
    name = url.rpartition("/")[2]
    with connect(url) as db:
        db.execute("create table kept (id int)")

    renewed = postgres.create_database(name, owner=name, password="other")

    with connect(renewed) as db:
        assert db.execute("select count(*) from kept").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        connect(url)


def test_a_database_server_started_again_has_its_data_even_after_a_crash(tmp_path: Path) -> None:
    with postgres.running(tmp_path, durable=True) as server:
        with connect(server.url()) as db:
            db.execute("create table job (id int); insert into job values (1)")
        server.stop("immediate")
        server.start()
        with connect(server.url()) as db:
            db.execute("insert into job values (2)")
    with postgres.running(tmp_path, durable=True) as server, connect(server.url()) as db:
        assert db.execute("select count(*) from job").fetchone() == (2,)


def test_two_servers_run_at_once_but_never_on_one_folder(tmp_path: Path) -> None:
    with postgres.running(tmp_path / "a", durable=False) as one, postgres.running(tmp_path / "b", durable=False) as two:
        assert one.port != two.port
        with pytest.raises(NotReady, match="in use by another"), postgres.running(tmp_path / "a"):
            pass


def test_a_virtual_host_belongs_to_one_test(rabbit: Broker, vhost: VirtualHost) -> None:
    rabbit.manage("PUT", f"/api/queues/{vhost.name}/q", {"durable": True, "arguments": {"x-queue-type": "quorum"}})
    with rabbit.vhost() as other:
        assert rabbit.manage("GET", f"/api/queues/{other.name}") == []
    assert other.name not in [entry["name"] for entry in rabbit.manage("GET", "/api/vhosts")]


def test_a_broker_started_again_is_the_same_one_has_its_queues_and_knows_whose_password_is_a_former_one(
    tmp_path: Path,
) -> None:
    with rabbit.running(tmp_path, durable=False) as broker:
        name, first_pid = broker.manage("GET", "/api/overview")["node"], broker.pid
        broker.manage("PUT", "/api/queues/%2F/kept", {"durable": True, "arguments": {"x-queue-type": "quorum"}})
        broker.kill()
        assert not exists(first_pid)
        broker.start()
        assert broker.manage("GET", "/api/overview")["node"] == name
        deadline = time.monotonic() + 30  # its door opens before all of its queues are up
        while [queue["name"] for queue in broker.manage("GET", "/api/queues")] != ["kept"]:
            assert time.monotonic() < deadline, "its queue never came back"
            time.sleep(0.05)
        broker.put_user(rabbit.ADMIN, "a new one", tags="administrator")
        started = Program(["sleep", "60"], log=tmp_path / "next.log").start()
        with pytest.raises(NotReady, match="password: write that one there"):
            broker.await_ready(started)
        assert not started.alive
    assert (tmp_path / "password").stat().st_mode & 0o077 == 0


def test_a_database_is_in_its_folder_though_no_other_user_gets_there_and_a_copy_of_it_has_everything(
    tmp_path: Path,
) -> None:
    """As root the server becomes another user. Its data lay elsewhere then: no copy had it, and nobody took it away."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with postgres.running(closed / "here", durable=False) as server, connect(server.url("postgres")) as somebody:
        somebody.execute("CREATE TABLE kept AS SELECT 1 AS one")
    shutil.copytree(closed / "here", closed / "copy", symlinks=True)
    shutil.rmtree(closed / "here")

    with postgres.running(closed / "copy", durable=False) as server, connect(server.url("postgres")) as somebody:
        assert somebody.execute("SELECT one FROM kept").fetchall() == [(1,)]


def test_an_administrator_whose_password_was_changed_is_told_at_once_where_the_former_one_is(tmp_path: Path) -> None:
    with postgres.running(tmp_path, durable=False) as server, connect(server.url("postgres")) as somebody:
        somebody.execute("ALTER ROLE plumbline PASSWORD 'a new one'")
    with pytest.raises(NotReady, match="postgres/password: write that one there"), postgres.running(tmp_path):
        pass


def test_a_database_that_was_elsewhere_and_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotReady, match="elsewhere, which is gone"), postgres.placed(tmp_path):
        pass


def test_a_copy_of_a_brokers_folder_begins_anew_and_leaves_the_original_its_files(tmp_path: Path) -> None:
    """It names the files of its queues by the folder where they were made: a copy wrote into those of the original."""
    original, copy = tmp_path / "original", tmp_path / "copy"
    with rabbit.placed(original):
        (original / "mnesia" / "queues").write_text(str(original))
    shutil.copytree(original, copy)

    for place, there in ((copy, False), (original, True), (copy, False)):
        with rabbit.placed(place):
            assert (place / "mnesia" / "queues").exists() is there


def test_what_a_brokers_queues_have_written_never_fills_its_memory(tmp_path: Path) -> None:
    """What is not in their own files yet is in memory, too, and RabbitMQ asks for three times as much for that. At its
    usual 512 MB, as much as there is before the alarm, publishers were told to wait."""
    with rabbit.placed(tmp_path) as node:
        node.programs(free_ports(4))
    for config in (tmp_path / "rabbitmq.conf", ROOT / "deploy" / "rabbitmq" / "rabbitmq.conf"):
        said = dict(line.split(" = ") for line in config.read_text().splitlines() if "=" in line)
        megabytes = int(said["vm_memory_high_watermark.absolute"].rstrip("MiB"))

        assert 3 * int(said["raft.wal_max_size_bytes"]) <= megabytes * 1_000_000, config


def test_the_gateway_passes_requests_on(tmp_path: Path) -> None:
    [behind] = free_ports(1)
    site = """
        server {
            listen ${GATEWAY_LISTEN};
            location / { proxy_pass http://${UPSTREAM}; proxy_set_header X-From $host; }
        }
        server { listen ${UPSTREAM}; return 200 "behind $http_x_from"; }
    """
    upstream = {"UPSTREAM": f"127.0.0.1:{behind}"}
    with nginx.running(site, tmp_path, variables=upstream) as gateway, urllib.request.urlopen(gateway.url) as answer:
        assert answer.read() == b"behind 127.0.0.1"
    assert not exists(gateway.pid)


def test_a_wrong_gateway_configuration_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="unknown directive"), nginx.running("sever {}", tmp_path):
        pass


def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    assert len(pids) == 4
    assert all(exists(pid) for pid in pids)

    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    deadline = time.monotonic() + 30
    while any(exists(pid) for pid in pids):
        assert time.monotonic() < deadline, [pid for pid in pids if exists(pid)]
        time.sleep(0.05)


OWNER = """
    import sys, time
    from pathlib import Path
    from libs.local import nginx, postgres, rabbit
    here = Path(sys.argv[1])
    with (
        postgres.running(here / "pg", durable=False) as pg,
        rabbit.running(here / "mq", durable=False) as mq,
        nginx.running("server { listen ${GATEWAY_LISTEN}; }", here / "gw") as gw,
    ):
        print(pg.pid, mq.pid, mq._mapper.pid, gw.pid, flush=True)
        time.sleep(600)
"""
