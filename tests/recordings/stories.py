"""Calls to be played on a real PBX, one after the other: name → what people do."""

from tests.recordings import answered, link, transfers, unreached
from tests.recordings.stage import Story

STORIES: dict[str, Story] = answered.STORIES | unreached.STORIES | transfers.STORIES | link.STORIES
"""In the order of playing. The last one stops the PBX."""
