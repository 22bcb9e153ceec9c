"""Lines of Asterisk's message log, and the alarms they raise."""

import pytest

from telephony.live.alarms import AlarmName
from telephony.live.complaints import Complaints, complaint_of

HEAD = "[2026-11-23 10:44:05.123] "


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (
            "ERROR[71][C-3]: res_rtp_asterisk.c:4198 f: Oh dear... we couldn't allocate a port for RTP instance '0x7f'",
            AlarmName.RTP_PORTS_EXHAUSTED,
        ),
        ("WARNING[9]: acl.c:972 in ast_ouraddrfor: Cannot create socket: Too many open files", AlarmName.PBX_EXHAUSTED),
        ("ERROR[9]: cel_custom.c:1 in x: write failed: No space left on device", AlarmName.PBX_EXHAUSTED),
        ("WARNING[9][C-1]: file.c:837 in y: File zt/closed does not exist in any format", AlarmName.PBX_COMPLAINS),
        (
            "ERROR[9]: res_pjsip/config_transport.c:1 in x: Transport: zt-tls: cert_file /x/none.pem is either missing",
            AlarmName.PBX_COMPLAINS,
        ),
        (
            "WARNING[9]: taskprocessor.c:1 in z: The 'stasis/m:cdr' task processor queue reached 500 scheduled tasks.",
            AlarmName.PBX_COMPLAINS,
        ),
    ],
)
def test_a_line_worth_an_alarm(line: str, name: AlarmName) -> None:
    found = complaint_of(HEAD + line)
    assert found is not None
    assert found[0] is name


@pytest.mark.parametrize(
    "line",
    [
        "NOTICE[1]: res_pjsip_sdp_rtp.c:146 in x: Disconnecting channel 'PJSIP/1001-1' for lack of audio RTP activity",
        "NOTICE[1]: x.c:1 in y: a caller calls himself couldn't allocate a port for RTP",
        "WARNING[1]: app_queue.c:1 in y: something else",
        "",
        "couldn't allocate a port for RTP",
    ],
)
def test_other_lines_raise_none(line: str) -> None:
    assert complaint_of(HEAD + line) is None


def test_no_number_of_a_citizen_is_told_on() -> None:
    said = complaint_of(HEAD + "WARNING[1]: file.c:1 in y: File a-13800138000 does not exist in any format")
    assert said is not None
    assert "138001" not in said[1]


def test_lines_are_counted_and_the_last_words_kept() -> None:
    complaints = Complaints()
    for name in ("a", "b", "c"):
        complaints.take(["nothing", f"{HEAD}WARNING[1]: file.c:1 in y: File {name} does not exist in any format"])
    assert complaints.counts == {AlarmName.PBX_COMPLAINS: 3}
    assert complaints.last[AlarmName.PBX_COMPLAINS].endswith("File c does not exist in any format")
