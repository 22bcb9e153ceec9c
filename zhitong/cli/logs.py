"""Logs: one line for each meaningful event, JSON for machines or coloured for people; numbers masked."""

import logging
import re
import sys
from enum import StrEnum
from typing import Any

import structlog

from telephony.masking import mask_number

_LETTER = "[A-Za-z0-9_]"  # not \w: a Chinese letter is no part of a number's word
_NUMBER = re.compile(
    rf"(?<!{_LETTER})(?<!\d\.)"  # not inside a word, not the fraction of a time
    r"(?:0\d{2,3}-\d{7,8}"  # a landline written with its dash
    rf"|(?<!{_LETTER}-)\+?\d{{7,15}}(?=-[0-9a-f]{{8}}(?!{_LETTER}))"  # a channel's name, PJSIP/13812345678-0000002a
    rf"|(?<!{_LETTER}-)\+?\d{{7,15}}(?!-{_LETTER}))"
    rf"(?!{_LETTER})(?!\.\d)"
)
"""A telephone number in a text. A Uniqueid (``pbx1-1795402664.9``), a CallId, a time or a file's name is none."""


class LogForm(StrEnum):
    PRETTY = "pretty"
    JSON = "json"


def mask_text(text: str) -> str:
    """``text`` with every telephone number in it masked."""
    return _NUMBER.sub(lambda found: mask_number(found[0]), text)


def mask(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: every telephone number in every text of the line is masked."""
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {key: _masked(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float) else mask_text(str(value))


def set_up(form: LogForm, *, verbose: bool = False) -> None:
    """Send structlog's lines, and those of libraries from WARNING up, to standard error in this form."""
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
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _adopt_libraries(shared, renderer)


def _adopt_libraries(shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor) -> None:
    """Lines of the standard library's loggers look like ours and are masked like ours."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shared, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
