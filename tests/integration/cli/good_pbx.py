"""A PBX without fault for the site of ``clinic.py``, as Asterisk 22.10.1 speaks; tests then break one thing of it.

The texts are Asterisk's own, taken from a session with a real one.
"""

from dialplans.contract import CONTEXTS
from tests.integration.ami.fake_pbx import Answer, FakePbx, Headers, Line, error, lines, listed, success

RIGHTS = {
    "BridgeKick": "<none>",
    "CoreSettings": "system,reporting,all",
    "CoreShowChannels": "system,reporting,all",
    "CoreStatus": "system,reporting,all",
    "Getvar": "call,reporting,all",
    "Hangup": "system,call,all",
    "ListCommands": "<none>",
    "MixMonitorMute": "system,call,all",
    "Originate": "originate,all",
    "PJSIPShowRegistrationsOutbound": "system,reporting,all",
    "Ping": "<none>",
    "PlayDTMF": "call,all",
    **dict.fromkeys(("QueueAdd", "QueuePause", "QueuePenalty", "QueueRemove"), "agent,all"),
    "QueueStatus": "<none>",
    "ShowDialPlan": "config,reporting,all",
}
"""What ListCommands shows to a user with ``write = reporting,originate,call,agent``; a part."""

PLAIN_CONTEXTS = (
    *("zt-wrapup", "zt-spy", "zt-sent", "zt-room-caller", "zt-room-agent", "zt-room-guest", "zt-room-pair"),
    *("zt-sweep", "zt-after"),
)
"""Of the contract; what stands in them is no concern of these tests."""

SETTINGS = {
    "AMIversion": "11.0.0",
    "AsteriskVersion": "22.10.1+dfsg+~cs6.17.60671434-1",
    "SystemName": "pbx1",
    "CoreRunUser": "",
    "CoreCDRenabled": "Yes",
}


def line_of(context: str, exten: str, application: str, data: str) -> Headers:
    return {
        "Event": "ListDialplan",
        "Context": context,
        "Extension": exten,
        "Priority": "1",
        "Application": application,
        "AppData": data,
        "Registrar": "pbx_config",
    }


def dialplan() -> dict[str, list[Headers]]:
    end = "ZtEnd,Queue: ${ZT_QUEUE},Status: ${ZT_STATUS},Cause: ${HANGUPCAUSE}"
    rest = [each.name for each in CONTEXTS if "<" not in each.name and each.name not in ("zt-menu", "zt-mobiles")]
    return {
        **{name: [line_of(name, "s", "NoOp", "")] for name in rest},
        "zt-in-carrier": [line_of("zt-in-carrier", "12345", "Gosub", "zt-entry,s,1(carrier,12345,hotline)")],
        "zt-queue-hotline": [line_of("zt-queue-hotline", "s", "Queue", "hotline,ct${ZT_TONE},,,600")],
        "zt-phone": [line_of("zt-phone", number, "Goto", f"zt-dial,{number},1") for number in ("1001", "1002")],
        "zt-transfer": [line_of("zt-transfer", "1001", "Gosub", "zt-ring,s,1(1001,t)")],
        "zt-end": [line_of("zt-end", "s", "UserEvent", end)],
        "zt-out": [line_of("zt-out", "s", "Set", "LOCAL(ZT_PURPOSE)=${ARG1}")],
        "zt-promise": [line_of("zt-promise", "s", "Answer", "")],
        "zt-callback": [line_of("zt-callback", "_[0-9]!", "UserEvent", "ZtCallback,Entry: ${ZT_CALLBACK}")],
        **{name: [line_of(name, "s", "NoOp", "")] for name in PLAIN_CONTEXTS},
    }


def queue(name: str = "hotline", strategy: str = "leastrecent") -> Headers:
    return {"Event": "QueueParams", "Queue": name, "Max": "0", "Strategy": strategy, "Weight": "0"}


def member(number: str, status: str = "1") -> Headers:
    return {
        "Event": "QueueMember",
        "Queue": "hotline",
        "Name": number,
        "Location": f"PJSIP/{number}",
        "Penalty": "0",
        "Status": status,
        "Paused": "0",
    }


class GoodPbx(FakePbx):
    """``rights``, ``settings``, ``dialplan``, ``queues``, ``modules`` and ``registrations`` may be changed."""

    def __init__(self) -> None:
        super().__init__()
        self.greeting = b"Asterisk Call Manager/11.0.0\r\n"
        self.rights = dict(RIGHTS)
        self.settings = dict(SETTINGS)
        self.dialplan = dialplan()
        self.queues = [queue(), member("1001"), member("1002")]
        self.unloaded: set[str] = set()
        self.registrations: list[Headers] = []
        self.time_stamped = True
        self.user_events = True
        self.filtered = True
        self.channel_variables = False
        self.answers |= {
            "ListCommands": self._list_commands,
            "CoreSettings": lambda _, action: [success(action, "", *self.settings.items())],
            "Getvar": self._getvar,
            "ShowDialPlan": self._show_dialplan,
            "QueueStatus": self._queue_status,
            "PJSIPShowRegistrationsOutbound": lambda _, action: listed(
                action, "OutboundRegistrationDetailComplete", self.registrations
            ),
            "UserEvent": self._user_event,
            "Setvar": self._setvar,
        }

    def answer(self, line: Line, action: Headers) -> Answer:
        """Refuses what is not in ``rights``, as Asterisk does."""
        if action["Action"] in ("Login", *self.rights):
            return super().answer(line, action)
        return [error(action, "Permission denied")]

    def event(self, name: str, *headers: tuple[str, str]) -> bytes:
        stamp = [("Timestamp", "1795402664.123456")] if self.time_stamped else []
        variable = [("ChanVariable(PJSIP/1001-00000001)", "ZT_CALL=1"), ("ChanVariable", "x=y")]
        return lines(("Event", name), *stamp, *headers, *(variable if self.channel_variables else []))

    def _list_commands(self, _: Line, action: Headers) -> Answer:
        shown = [(name, f"Words about {name}, (in brackets).  (Priv: {priv})") for name, priv in self.rights.items()]
        return [success(action, "", *shown)]

    def _getvar(self, _: Line, action: Headers) -> Answer:
        name = action["Variable"].removeprefix("IFMODULE(").removesuffix(".so)")
        value = "" if "func_module" in self.unloaded else str(int(name not in self.unloaded))
        return [success(action, "", ("Variable", action["Variable"]), ("Value", value))]

    def _show_dialplan(self, _: Line, action: Headers) -> Answer:
        context = action["Context"]
        if context not in self.dialplan:
            return [error(action, f"Did not find context {context}")]
        return listed(action, "ShowDialPlanComplete", self.dialplan[context])

    def _queue_status(self, _: Line, action: Headers) -> Answer:
        first, *rest = listed(action, "QueueStatusComplete", self.queues)
        # These very words make pyst2 take the whole list for one message.
        return [first.replace(b"Message: will follow", b"Message: Queue status will follow"), *rest]

    def _user_event(self, line: Line, action: Headers) -> Answer:
        extra = [(key, value) for key, value in action.items() if key not in ("Action", "UserEvent")]
        if self.user_events:
            self.send(self.event("UserEvent", ("UserEvent", action["UserEvent"]), *extra))
        return [success(action, "Event Sent")]

    def _setvar(self, _: Line, action: Headers) -> Answer:
        if not self.filtered:
            self.send(self.event("VarSet", ("Variable", action["Variable"]), ("Value", action["Value"])))
        return [success(action, "Variable Set")]
