"""Numbers of their own: which queue a dialled number leads to, or which of several."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Language, Number, Title, Word, whole

Share = Annotated[int, whole(1, 1000, "a whole number")]


class Route(Table, frozen=True):
    """Dialled ``numbers``, on one trunk or on all, and the queues they lead to. Of several one is drawn for each call,
    by their shares. ``opening``: one of the site's ``openings``; None: as the hotline."""

    numbers: tuple[Number, ...]
    queues: dict[Word, Share]
    title: Title = ""
    trunk: Word | None = None
    opening: Word | None = None
    language: Language | None = None
