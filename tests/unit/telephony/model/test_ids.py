"""Ids: ours sort by time and are the same for whoever makes them; Asterisk's are compared as numbers."""

from hypothesis import given
from hypothesis import strategies as st

from telephony.model.ids import call_id_of, micros_of, uniqueid_parts
from telephony.model.names import dialled_of, is_way_in, party_of, role_of, trunk_of
from telephony.model.terms import Role

_EPOCH = 1_795_402_664


def test_the_parts_of_a_uniqueid() -> None:
    assert uniqueid_parts("1795402664.9") == (_EPOCH, 9)
    assert uniqueid_parts("pbx1-1795402664.10") == (_EPOCH, 10)
    assert uniqueid_parts("my-pbx-2-1795402664.10") == (_EPOCH, 10)
    assert uniqueid_parts("1795402664.9") < uniqueid_parts("1795402664.10")


def test_what_is_no_uniqueid_has_no_parts() -> None:
    for text in ("", ".", "x", "1795402664", "1795402664.", ".9", "pbx1-", "1.²", "٣.1", "-1.1x", "1.2.3"):
        assert uniqueid_parts(text) == (0, 0)


def test_a_call_id_is_26_characters_that_no_one_mistakes() -> None:
    made = call_id_of("pbx1", "pbx1-1795402664.9")
    assert len(made) == 26
    assert set(made) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_the_same_channel_gives_the_same_id_and_any_difference_another() -> None:
    made = call_id_of("pbx1", "pbx1-1795402664.9")
    assert call_id_of("pbx1", "pbx1-1795402664.9") == made
    others = [
        call_id_of("pbx2", "pbx1-1795402664.9"),
        call_id_of("pbx1", "pbx1-1795402664.10"),
        call_id_of("pbx1", "1795402664.9"),
        call_id_of("pbx1", "pbx1-1795402664.9", generation=1),
    ]
    assert len({made, *others}) == 5


@given(st.integers(0, 2**40 - 1), st.integers(0, 2**24 - 1), st.integers(0, 2**40 - 1), st.integers(0, 2**24 - 1))
def test_ids_sort_as_their_calls_came(second: int, counter: int, later: int, number: int) -> None:
    one, other = (second, counter), (later, number)
    first, last = (call_id_of("pbx1", f"pbx1-{a}.{b}") for a, b in (one, other))
    assert (first < last) == (one < other) or one == other


@given(st.text(max_size=200), st.text(max_size=20), st.integers(0, 2**63))
def test_any_text_has_an_id(uniqueid: str, pbx: str, generation: int) -> None:
    assert len(call_id_of(pbx, uniqueid, generation)) == 26


def test_seconds_become_whole_microseconds() -> None:
    assert micros_of(1.5) == 1_500_000
    assert micros_of(0.1 + 0.2) == 300_000


def test_names_tell_who_and_what() -> None:
    assert party_of("PJSIP/1001-0000002a") == "1001"
    assert party_of("PJSIP/trunk-carrier-0000002a") == "trunk-carrier"
    assert party_of("odd") == "odd"
    assert (trunk_of("PJSIP/trunk-carrier-00000001"), trunk_of("PJSIP/1001-00000001")) == ("carrier", "")
    assert dialled_of("Local/1005@zt-transfer-00000001;1") == "1005"
    assert (is_way_in("zt-in-carrier"), is_way_in("zt-phone")) == (True, False)


def test_announcers_recorders_and_local_halves_are_no_people() -> None:
    for name in ("Local/1@x-1;1", "CBAnn/r-1;1", "CBRec/r-1", "Snoop/x", "Recorder/ARI-1", "Message/ast_msg_queue"):
        assert role_of(name) is Role.SERVICE
    assert role_of("PJSIP/1001-1") is Role.TARGET
