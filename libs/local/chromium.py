"""A Chromium for tests of pages: the one named, the one installed, or Debian's unpacked into the cache folder."""

import ctypes.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.local import NotReady
from libs.local.debian import SYSTEM, Tree, tree_of

#: The same engine without the windows, tabs and profiles around it, which nobody sees here: half the processor's time.
PACKAGE, DRIVERS = "chromium-headless-shell", "libatomic1"
GIVEN = "PLUMBLINE_TEST_CHROMIUM"

#: It speaks to the pages it is given and to nobody else, as root and in a container too.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# An unpacked one has no fontconfig of the system's to rely on. With it, pictures are the same wherever they are made.
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{home}/fonts</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="same"><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """How to start it: the program and its environment, besides ``ARGUMENTS`` and an empty folder as its profile."""

    program: Path
    environment: Mapping[str, str]


def found(home: Path) -> Chromium:
    """``home``: a folder to itself, for what it keeps outside its profile.

    NotReady, with the line that installs it, where there is none to be had.
    """
    home.mkdir(parents=True, exist_ok=True)
    if given := os.environ.get(GIVEN):
        program, tree = Path(given).absolute(), SYSTEM
        if not (program.is_file() and os.access(program, os.X_OK)):
            raise NotReady(f"{GIVEN} names {program}, and that is no program", code=2)
    else:
        tree = tree_of(PACKAGE)
        program = tree.program(PACKAGE)
    return Chromium(program, tree.environment() | {"HOME": str(home)} | _fonts(home, tree))


def driver() -> dict[str, str]:
    """What the environment must hold besides for Playwright's driver: its library, which the smallest Debian lacks.

    NotReady, with the line that installs it, where it is not to be had.
    """
    if ctypes.util.find_library("atomic"):
        return {}
    folders = tree_of(DRIVERS).environment()
    return {"LD_LIBRARY_PATH": folders["LD_LIBRARY_PATH"]}


def _fonts(home: Path, tree: Tree) -> dict[str, str]:
    if not tree.unpacked:
        return {}
    config = home / "fonts.conf"
    config.write_text(FONTS.format(root=tree.root, home=home))
    return {"FONTCONFIG_FILE": str(config)}
