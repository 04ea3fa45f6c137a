"""Looking at a page as people do: with their eyes, with a screen reader, with the keyboard alone."""

import io
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page

from commands import ROOT

SCREENS = ROOT / "docs" / "screens"
#: axe leaves out targets too small to be hit unless it is asked; in other colours all but the colours is as it was
LOOKS: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]},
}
JUDGED = "options => axe.run(document, options).then(found => found.violations)"
FEW_COLOURS = 8  #: a page that has not more shows nothing: text alone has dozens, of smoothed edges


def axe(page: Page) -> None:
    """Whoever cannot see or point well can use it, in light colours and in dark ones."""
    page.evaluate(Axe().axe_script)  # once for both: to read half a megabyte takes a page as long as to be judged
    for scheme, options in LOOKS.items():
        page.emulate_media(color_scheme=scheme)
        wrong = page.evaluate(JUDGED, options)
        told = [f"{one['id']} {node['target']}: {node['failureSummary']}" for one in wrong for node in one["nodes"]]
        assert not wrong, "\n".join([f"axe in {scheme} colours, {page.url}:", *told])
    page.emulate_media(color_scheme="null")


def fits(page: Page) -> None:
    """Nothing must be pushed sideways to be read."""
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room, f"{page.url} is {wide} px wide, there is room for {room}"
    ends = page.evaluate("[...document.querySelectorAll('.filters > *')].map(at => at.getBoundingClientRect().right)")
    assert max(ends, default=0) <= room, f"{page.url} has what it can be narrowed by out of sight"


def forms(page: Page) -> None:
    """Every form that the page offers can be used as the page can."""
    places = page.locator("a[href^='/do/']").evaluate_all("all => [...new Set(all.map(at => at.href))]")
    assert places, f"{page.url} offers no form"
    for place in places:
        page.goto(place)
        axe(page)
        fits(page)


def shown(page: Page, *, whole: bool = False) -> bytes:
    """What it looks like, as a PNG; fails when there is nothing to be seen."""
    picture = page.screenshot(full_page=whole, animations="disabled")
    colours = Image.open(io.BytesIO(picture)).convert("RGB").getcolors(maxcolors=1 << 24) or []
    assert len(colours) > FEW_COLOURS, f"{page.url} shows nothing"
    return picture


def paint(folder: Path, name: str, picture: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(picture)


# --- the keyboard alone -------------------------------------------------------------------------------------

FOCUSED = (
    "(at => at.getAttribute('aria-label') || at.innerText?.trim() || at.name || at.tagName)(document.activeElement)"
)


def focused(page: Page) -> str:
    """What the next key goes to, by the words on it."""
    return str(page.evaluate(FOCUSED))


def tab_to(target: Locator, *, back: bool = False, most: int = 80) -> None:
    """Presses Tab until the target has the focus, and sees to it that one sees it there."""
    page, passed = target.page, list[str]()
    for _ in range(most):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if target.evaluate("at => at === document.activeElement"):
            assert target.evaluate("at => at.matches(':focus-visible')"), (
                f"nobody sees that {focused(page)} has the focus"
            )
            return
        passed.append(focused(page))
    raise AssertionError(f"Tab does not come to {target}; it came by {passed}")


COVERED = """() => {
  const at = document.activeElement;
  if (at === document.body || at === document.documentElement) return null;
  const box = (at.closest("label") ?? at).getBoundingClientRect();
  const on = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return Boolean(box.height < innerHeight && on && !at.contains(on) && !on.contains(at));
}"""


def tab_through(page: Page, *, most: int = 150) -> None:
    """Presses Tab until it is back at the top; whatever it comes to can be seen, and is not behind anything."""
    for _ in range(most):
        page.keyboard.press("Tab")
        covered = page.evaluate(COVERED)
        if covered is None:
            return
        assert not covered, f"{focused(page)} has the focus behind something else"


def press(page: Page, *keys: str) -> None:
    """One after another: ``press(page, "g", "t")``."""
    for key in keys:
        page.keyboard.press(key)
