"""A process that we start says its pid in a file, which others read while it is started anew."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands.distributed.system import await_end
from libs.local import NotReady
from libs.local.ports import free_port
from libs.local.process import Process, end_predecessor


def test_who_reads_the_pid_while_it_is_written_reads_a_whole_one(tmp_path: Path) -> None:
    before = Process(["sleep", "60"], log=tmp_path / "it.log")
    with (tmp_path / "it.pid").open() as reader:  # opened just now, and not read yet
        os.kill(before.pid, 9)
        after = Process(["sleep", "60"], log=tmp_path / "it.log")
        assert int(reader.read().split()[0]) == before.pid
    assert int((tmp_path / "it.pid").read_text().split()[0]) == after.pid
    after.kill()
    assert [path.name for path in tmp_path.iterdir()] == ["it.log"]
    before.kill()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777], ids=oct)
@pytest.mark.parametrize("before", [None, 0o644], ids=["new", "kept"])
def test_what_it_says_is_its_owners_to_read_whatever_the_umask(tmp_path: Path, umask: int, before: int | None) -> None:
    log = tmp_path / "it.log"
    if before:
        log.touch()
        log.chmod(before)

    usual = os.umask(umask)
    try:
        it = Process(["true"], log=log)
    finally:
        os.umask(usual)

    it.wait(60)
    assert log.stat().st_mode & 0o777 == 0o600


def test_its_last_words_are_its_own_and_not_those_of_who_ended_before(tmp_path: Path) -> None:
    """`up` said as often that a database was newer as it had been tried."""
    for word in ("first", "second"):
        it = Process(["echo", f"plumbline: {word}"], log=tmp_path / "it.log")
        it.wait(60)
        assert it.last_words() == word

    it.log.write_bytes(b"")  # as who rotates logs
    assert it.last_words() == ""


@pytest.mark.parametrize(
    ("says", "told", "code"),
    [
        ("echo staff is up to date; echo 'plumbline: it is newer'; exit 2", "it is newer", 2),
        ("echo a traceback; exit 1", "migrate failed:\na traceback", 3),
    ],
)
def test_a_step_that_fails_ends_a_distributed_system_as_an_embedded_one(
    tmp_path: Path, says: str, told: str, code: int
) -> None:
    """A database that is newer than the code ended one with 2 and a line, the other with 3 and the log of all steps."""
    with pytest.raises(NotReady) as failed:
        await_end("migrate", Process(["sh", "-c", says], log=tmp_path / "migrate.log"))

    assert (str(failed.value), failed.value.code) == (told, code)


HARD_OF_HEARING = """
import signal, sys
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append(1) or (len(heard) > 1 and sys.exit(7)))
print("ready", flush=True)
while True:
    signal.pause()
"""


def test_who_did_not_hear_that_it_is_to_stop_is_told_again(tmp_path: Path) -> None:
    """As a broker that is just starting."""
    it = Process([sys.executable, "-c", HARD_OF_HEARING], log=tmp_path / "it.log")
    deadline = time.monotonic() + 30
    while "ready" not in it.log_tail():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    it.stop(seconds=20)
    assert it.code == 7, "it ended by itself"


HALF_DEAD = """
import ctypes, socket, sys, threading, time
taken = socket.create_server(("127.0.0.1", int(sys.argv[1])))
threading.Thread(target=time.sleep, args=(600,)).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall(int(sys.argv[2]), 0)
"""
SYS_EXIT = {"x86_64": 60, "aarch64": 93}  # of the first thread alone


def test_a_predecessor_whose_last_thread_still_waits_for_the_disk_is_waited_for(tmp_path: Path) -> None:
    """Its first thread is a zombie by then, and its port is taken none the less."""
    port = free_port()
    asked = [sys.executable, "-c", HALF_DEAD, str(port), str(SYS_EXIT[os.uname().machine])]
    before = subprocess.Popen(asked, stdout=subprocess.PIPE, start_new_session=True)
    stat = Path(f"/proc/{before.pid}/stat")
    assert before.stdout is not None
    assert before.stdout.readline() == b"ready\n"
    deadline = time.monotonic() + 30
    while (fields := stat.read_text().rpartition(")")[2].split())[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (tmp_path / "it.pid").write_text(f"{before.pid} {fields[19]}")

    end_predecessor(tmp_path / "it.pid", seconds=0.1)

    socket.create_server(("127.0.0.1", port)).close()
    assert before.wait(60) == -signal.SIGKILL
    before.stdout.close()
