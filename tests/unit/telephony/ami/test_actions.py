"""Actions as Asterisk reads them (main/manager.c, apps/app_queue.c)."""

import pytest

from telephony.ami import actions as a
from telephony.ami.codec import encode_action
from telephony.errors import AmiInputRefused


def said(action: a.Action) -> dict[str, str]:
    fields = action.fields()
    assert len(dict(fields)) == len(fields)
    return dict(fields)


@pytest.mark.parametrize(
    ("action", "name", "fields"),
    [
        (a.Ping(), "Ping", {}),
        (a.CoreSettings(), "CoreSettings", {}),
        (a.CoreStatus(), "CoreStatus", {}),
        (a.CoreShowChannels(), "CoreShowChannels", {}),
        (a.QueueStatus(), "QueueStatus", {}),
        (a.QueueStatus(queue="q1"), "QueueStatus", {"Queue": "q1"}),
        (a.Hangup("PJSIP/1001-1"), "Hangup", {"Channel": "PJSIP/1001-1", "Cause": "16"}),
        (
            a.Redirect("A", "zt-room", "enter", extra_channel="B"),
            "Redirect",
            {"Channel": "A", "Context": "zt-room", "Exten": "enter", "Priority": "1", "ExtraChannel": "B"},
        ),
        (
            a.Redirect("A", "c", "e", 2, "B", "c2", "e2", 1),
            "Redirect",
            {
                "Channel": "A",
                "Context": "c",
                "Exten": "e",
                "Priority": "2",
                "ExtraChannel": "B",
                "ExtraContext": "c2",
                "ExtraExten": "e2",
                "ExtraPriority": "1",
            },
        ),
        (a.Setvar("ZT_X", "a,b", channel="A"), "Setvar", {"Variable": "ZT_X", "Value": "a,b", "Channel": "A"}),
        (a.Setvar("GLOBAL", "1"), "Setvar", {"Variable": "GLOBAL", "Value": "1"}),
        (a.UserEvent("ZtNote", (("Text", "你好"),)), "UserEvent", {"UserEvent": "ZtNote", "Text": "你好"}),
        (a.ControlPlayback("A"), "ControlPlayback", {"Channel": "A", "Control": "stop"}),
        (
            a.QueueAdd("q1", "PJSIP/1001", "1001", penalty=5),
            "QueueAdd",
            {"Queue": "q1", "Interface": "PJSIP/1001", "MemberName": "1001", "Penalty": "5", "Paused": "false"},
        ),
        (a.QueueRemove("q1", "PJSIP/1001"), "QueueRemove", {"Queue": "q1", "Interface": "PJSIP/1001"}),
        (
            a.QueuePause("PJSIP/1001", True, "午餐"),
            "QueuePause",
            {"Interface": "PJSIP/1001", "Paused": "true", "Reason": "午餐"},
        ),
    ],
)
def test_headers(action: a.Action, name: str, fields: dict[str, str]) -> None:
    assert action.name == name
    read = {key.lower(): value for key, value in said(action).items()}
    assert read == {key.lower(): value for key, value in fields.items()}  # Asterisk does not mind the case


def test_which_actions_answer_with_a_list() -> None:
    kinds = [kind for kind in vars(a).values() if isinstance(kind, type) and issubclass(kind, a.Action)]
    assert {kind.name for kind in kinds if kind.lists} == {
        *("ConfbridgeList", "CoreShowChannels", "DBGet", "DBGetTree", "QueueStatus", "ShowDialPlan")
    }


def test_originate_is_always_asynchronous() -> None:
    fields = said(a.Originate("PJSIP/1001", "zt-phone", "s", 30_000, caller_id='"热线" <12345>', channel_id="zt-9"))
    assert fields["Async"] == "true"
    assert fields["Timeout"] == "30000"
    assert fields["CallerID"] == '"热线" <12345>'
    assert fields["ChannelId"] == "zt-9"
    assert "Variables" not in fields


def asterisk_splits(value: str) -> list[str]:
    """``__ast_app_separate_args`` (main/app.c) with ``,``: what Asterisk makes of a Variable header."""
    parts, current, paren, bracket, quote, at = [], "", 0, 0, False, 0
    while at < len(value):
        char = value[at]
        if char == "\\":
            at += 1
            current += value[at : at + 1]
        elif char == '"':
            quote = not quote
        elif char == "," and not (paren or bracket or quote):
            parts.append(current)
            current = ""
        else:
            paren += (char == "(") - (char == ")" and paren > 0)
            bracket += (char == "[") - (char == "]" and bracket > 0)
            current += char
        at += 1
    return [*parts, current]


@pytest.mark.parametrize("value", ["plain", "a,b", 'say "a,b"', "f(x,[y", "])", "back\\slash", "a=b", "", "市,民"])
def test_a_variable_arrives_as_it_was_meant(value: str) -> None:
    action = a.Originate("PJSIP/1001", "c", "s", 1000, variables=(("__ZT_CALL", value), ("ZT_B", "2")))
    sent = [text for header, text in action.fields() if header == "Variable"]
    assert [asterisk_splits(text) for text in sent] == [[f"__ZT_CALL={value}"], ["ZT_B=2"]]


@pytest.mark.parametrize("name", ["", "A B", "A,B", "A=B", "___A", "1A", "CHANNEL(x)", "变量"])
def test_names_that_are_no_variables_are_refused(name: str) -> None:
    with pytest.raises(AmiInputRefused, match="Variable"):
        a.Originate("PJSIP/1001", "c", "s", 1000, variables=((name, "1"),)).fields()


@pytest.mark.parametrize("channel", ["", "/^PJSIP/", "/./"])
def test_a_pattern_cannot_hang_up_every_call(channel: str) -> None:
    with pytest.raises(AmiInputRefused, match="one channel"):
        a.Hangup(channel)
    with pytest.raises(AmiInputRefused):
        a.Redirect(channel, "c", "e")
    with pytest.raises(AmiInputRefused):
        a.ControlPlayback(channel)


@pytest.mark.parametrize("channel", ["1001", "", "PJSIP/" + "1" * 260])
def test_originate_needs_a_technology_and_a_phone(channel: str) -> None:
    with pytest.raises(AmiInputRefused):
        a.Originate(channel, "c", "s", 1000)


def test_any_action_can_be_encoded() -> None:
    assert b"\r\nActionID: 1\r\n" in encode_action(a.Ping.name, a.Ping().fields(), "1")


@pytest.mark.parametrize(
    ("response", "failed"),
    [("Success", False), ("Goodbye", False), ("Follows", False), ("Error", True), ("", True), ("Failed", True)],
)
def test_reply_knows_whether_it_failed(response: str, failed: bool) -> None:
    assert a.Reply({"Response": response}).failed is failed
    assert a.Reply({}).failed
    assert a.Reply({"Message": "No such channel"}).message == "No such channel"
