"""The stories of the acceptance tests, each on a real PBX: the logs alone tell the calls that the bridge saw."""

import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from telephony.records.record import CallRecord
from tests.acceptance import test_endings, test_transfers
from tests.acceptance.stage import Stage
from tests.integration.journal.mirror import assert_same
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance
Story = Callable[..., Awaitable[None]]
_REFUSALS = "test_an_agent_refuses_and_the_call_goes_on"


def stories() -> list[tuple[str, Story, dict[str, object]]]:
    found: list[tuple[str, Story, dict[str, object]]] = []
    for module in (test_endings, test_transfers):
        for name, story in vars(module).items():
            if name == _REFUSALS:
                marks = story.pytestmark[0].args[1]
                found += [
                    (f"{name}-{status}", story, {"status": status, "outcome": wanted}) for status, wanted in marks
                ]
            elif name.startswith("test_") and inspect.iscoroutinefunction(story):
                found.append((name, story, {}))
    return found


STORIES = stories()


def test_none_is_left_out() -> None:
    """A story that wants more than we hand it would not be run."""
    for name, story, more in STORIES:
        assert inspect.signature(story).parameters.keys() == {"tmp_path", "tools", *more}, name
    assert len(STORIES) >= 16


@pytest.mark.parametrize(("name", "story", "more"), STORIES, ids=[name for name, _, _ in STORIES])
async def test_the_logs_tell_what_was_seen(
    name: str,
    story: Story,
    more: dict[str, object],
    tmp_path: Path,
    tools: Tools,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[str] = []
    whole = Stage.records

    async def records(self: Stage, count: int) -> list[CallRecord]:
        found = await whole(self, count)
        assert_same(found, self.lab.run / "log")
        held.append(name)
        return found

    monkeypatch.setattr(Stage, "records", records)
    await story(tmp_path=tmp_path, tools=tools, **more)
    assert held == [name]
