"""AMI frames as Asterisk 22 prints them, written from its C source (see telephony/ami/decode.py), for the tests."""

Headers = list[tuple[str, str]]

UNIQUEID = "pbx1-1795402664.9"
LINKEDID = "pbx1-1795402664.7"
DEST_UNIQUEID = "pbx1-1795402664.10"
STAMP = "1795402664.123456"
AT = 1795402664123456


def frame(*headers: tuple[str, str]) -> bytes:
    """A frame without its empty line."""
    return "\r\n".join(f"{key}: {value}" for key, value in headers).encode()


def wire(*frames: bytes, greeting: str = "Asterisk Call Manager/9.0.0") -> bytes:
    """What goes over the line."""
    return greeting.encode() + b"\r\n" + b"".join(frame + b"\r\n\r\n" for frame in frames)


def head(name: str) -> Headers:
    return [("Event", name), ("Privilege", "call,all"), ("Timestamp", STAMP), ("SystemName", "pbx1")]


def channel(prefix: str = "", **changed: str) -> Headers:
    """A channel snapshot (``ast_manager_build_channel_state_string_prefix``)."""
    values = {
        "Channel": "PJSIP/trunk-carrier-00000001",
        "ChannelState": "6",
        "ChannelStateDesc": "Up",
        "CallerIDNum": "13800138000",
        "CallerIDName": "<unknown>",
        "ConnectedLineNum": "<unknown>",
        "ConnectedLineName": "<unknown>",
        "Language": "zh",
        "AccountCode": "",
        "Context": "zt-in-carrier",
        "Exten": "12345",
        "Priority": "1",
        "Uniqueid": UNIQUEID,
        "Linkedid": LINKEDID,
    } | changed
    return [(prefix + key, value) for key, value in values.items()]


def dest(prefix: str = "Dest") -> Headers:
    return channel(prefix, Channel="PJSIP/1001-00000002", Uniqueid=DEST_UNIQUEID)


def bridge(prefix: str = "", uniqueid: str = "b-1") -> Headers:
    """A bridge snapshot (``ast_manager_build_bridge_state_string_prefix``)."""
    values = {
        "BridgeUniqueid": uniqueid,
        "BridgeType": "basic",
        "BridgeTechnology": "simple_bridge",
        "BridgeCreator": "<unknown>",
        "BridgeName": "<unknown>",
        "BridgeNumChannels": "2",
        "BridgeVideoSourceMode": "none",
    }
    return [(prefix + key, value) for key, value in values.items()]


def member(**changed: str) -> Headers:
    """A queue member (``queue_member_blob_create``)."""
    values = {
        "Queue": "q12345",
        "MemberName": "1001",
        "Interface": "PJSIP/1001",
        "StateInterface": "PJSIP/1001",
        "Membership": "dynamic",
        "Penalty": "5",
        "CallsTaken": "3",
        "LastCall": "1795402600",
        "LastPause": "0",
        "LoginTime": "1795400000",
        "InCall": "1",
        "Status": "2",
        "Paused": "1",
        "PausedReason": "午餐",
        "Ringinuse": "0",
        "Wrapuptime": "15",
    } | changed
    return list(values.items())


def offer(name: str, *more: tuple[str, str]) -> bytes:
    """``queue_multi_channel_to_ami``."""
    about = [("Queue", "q12345"), ("Interface", "PJSIP/1001"), ("MemberName", "1001")]
    return frame(*head(name), *channel(), *dest(), *about, *more)


def user_event(name: str, *body: tuple[str, str]) -> bytes:
    """``multi_user_event_to_ami``."""
    return frame(*head("UserEvent"), *channel(), ("UserEvent", name), *body)
