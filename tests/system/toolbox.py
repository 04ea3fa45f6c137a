"""Other people's tools, fetched by their own clients into a folder of the test's; for tests that take minutes only.


NotReady, with the line that installs it, where this machine has no such client: a test never passes for want of a tool.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from libs.local import NotReady
from libs.local.apt import fetch

#: what was tried, exactly; a newer one is a decision
NPM = {"amqplib": "2.3.1", "cloudevents": "10.0.0", "@asyncapi/parser": "3.6.3"}
PIP = {"kombu": "5.7.0"}
FETCH_S = 300


def node(folder: Path, *packages: str) -> str:
    """Node itself, with these packages where programs in the folder find them."""
    program, npm = have("node", "nodejs"), have("npm", "npm")
    wanted = [f"{name}@{NPM[name]}" for name in packages]
    quietly(npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", *wanted, cwd=folder)
    return program


def python(folder: Path, *packages: str) -> dict[str, str]:
    """The environment for a Python that finds these packages, and those of the tests behind them."""
    wanted = [f"{name}=={PIP[name]}" for name in packages]
    quietly(sys.executable, "-m", "pip", "install", "-q", "--target", str(folder / "python"), *wanted, cwd=folder)
    return {**os.environ, "PYTHONPATH": str(folder / "python")}


def debian(folder: Path, package: str, companions: str) -> Path:
    """The root that this Debian package and its companions were unpacked into."""
    have("apt-get", "apt")
    have("dpkg", "dpkg")
    folder.mkdir(parents=True, exist_ok=True)
    fetch(package, companions, folder)
    return folder / "root"


def java() -> str:
    """A Java that compiles what it runs."""
    have("javac", "default-jdk-headless")
    return have("java", "default-jdk-headless")


def have(program: str, package: str) -> str:
    if found := shutil.which(program):
        return found
    raise NotReady(f"{program} is needed for this test. As root: apt-get install -y {package}")


def quietly(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True, timeout=FETCH_S)
    if done.returncode:
        raise NotReady(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-500:]}")
