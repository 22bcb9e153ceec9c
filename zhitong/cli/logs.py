"""Logs: one line for each meaningful event, JSON for machines or coloured for people; numbers masked."""

import logging
import re
import sys
from enum import StrEnum

import structlog

from telephony.masking import mask_number

_NUMBER = re.compile(r"(?<![\w.\-])\+?\d{7,15}(?![\w.\-])")
"""A telephone number in a text; a Uniqueid (``pbx1-1795402664.9``), a CallId or a file's name is none."""


class LogForm(StrEnum):
    PRETTY = "pretty"
    JSON = "json"


def mask(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: every telephone number in every text of the line is masked."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _NUMBER.sub(lambda found: mask_number(found[0]), value)
    return event


def set_up(form: LogForm, *, verbose: bool = False) -> None:
    """Send structlog's lines, and those of libraries, to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form is LogForm.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    level = logging.DEBUG if verbose else logging.INFO
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
