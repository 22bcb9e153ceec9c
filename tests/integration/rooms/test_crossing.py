"""Which lines of Asterisk's log are no complaint where people walk and hang up at once."""

import pytest

from tests.integration.rooms.hall import crosses


@pytest.mark.parametrize(
    "said",
    [
        "app_channelredirect.c: No such channel: PJSIP/1001-00000002",
        "app_confbridge.c: No conference bridge named 'cpbx1-1795457606.1' found!",
        "app_confbridge.c: No participants found in conference bridge 'pbx1-1795457606.5'!",
        "func_global.c: Channel 'PJSIP/trunk-carrier-00000000' not found!  Variable 'ZT_WAITS' will be blank.",
        "func_global.c: Channel 'PJSIP/trunk-carrier-00000000' not found!  Variable 'ZT_WITH' not set to 'x'.",
        "res_musiconhold.c: Failed to write frame to 'PJSIP/trunk-carrier-00000000': Broken pipe",
        "channel.c: Can't move channel. One or both is dead (PJSIP/1001-00000002 <-- PJSIP/1001-00000003)",
        "pbx.c: Priority 'look' must be a number > 0, or valid label",
    ],
)
def test_somebody_has_gone_in_that_instant(said: str) -> None:
    assert crosses(f"[2026-11-23 18:13:47.403] WARNING[5777][C-00000003] {said}")


@pytest.mark.parametrize(
    "said",
    [
        "app_channelredirect.c: No such channel: ",
        "app_channelredirect.c: No such channel: SIP",
        "app_confbridge.c: No conference bridge named 'c' found!",
        "app_confbridge.c: No conference bridge named '' found!",
        "func_global.c: Channel '' not found!  Variable 'ZT_WAITS' will be blank.",
        "channel.c: Can't move channel 'PJSIP/1001-00000002' into itself!",
        "pbx.c: Priority '' must be a number > 0, or valid label",
        "pbx.c: Priority '${ZT_PLACE}' must be a number > 0, or valid label",
        "chan_pjsip.c: No such channel: PJSIP/1001-00000002",
    ],
)
def test_a_name_that_is_empty_or_another_is_a_fault(said: str) -> None:
    assert not crosses(f"[2026-11-23 18:13:47.403] WARNING[5777][C-00000003] {said}")
