"""A font with Chinese characters for the plots: the machine's own, else Debian's Droid fallback font, fetched once."""

import functools
from pathlib import Path

from telephony.errors import LabError
from zhitong.lab.tree import PackageSet, fetch

FONT = PackageSet(name="font", wanted=("fonts-droid-fallback", "libc6"))
"""1.8 MB, Apache-2.0. The C library is there because every tree has one."""
_IN_TREE = "usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"
KNOWN = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei"),
    *("WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "Heiti SC", "SimHei", "Droid Sans Fallback"),
)
"""Families that have Chinese characters, best first."""


@functools.cache
def chinese() -> str:
    """The family to draw Chinese with, ready for matplotlib; empty when there is none and none can be fetched."""
    from matplotlib.font_manager import FontProperties, fontManager

    there = set(fontManager.get_font_names())
    if found := next((family for family in KNOWN if family in there), ""):
        return found
    if (path := fetched()) is None:
        return ""
    fontManager.addfont(path)
    return str(FontProperties(fname=path).get_name())


def fetched() -> Path | None:
    """The font of the fetched tree (blocks the first time); None without a mirror to fetch it from."""
    try:
        path = fetch(FONT).root / _IN_TREE
    except LabError:
        return None
    return path if path.is_file() else None
