"""What numbers mean as they are received: forms as carriers write them, and the laws that hold for all of them."""

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from telephony.numbers.kinds import Kind, Rules
from telephony.numbers.received import LONGEST, Normalised, normalised
from tests.unit.telephony.numbers.forms import AREA, FIXED, MOBILES, REAL, Real, written

RULES = Rules(area_code=AREA)
ANYWHERE = st.sampled_from([Rules(), RULES, Rules(area_code="10"), Rules(area_code="755")])
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text("0123456789+-() ;=@.转xpw#*<>", max_size=30),
    st.text("0123456789+", max_size=22),
)

FORMS = [
    # mobiles
    ("+8613805610001", "mobile", "+8613805610001", ""),
    ("8613805610001", "mobile", "+8613805610001", ""),
    ("08613805610001", "mobile", "+8613805610001", ""),
    ("008613805610001", "mobile", "+8613805610001", ""),
    ("013805610001", "mobile", "+8613805610001", ""),
    ("+86013805610001", "mobile", "+8613805610001", ""),
    ("138-0561-0001", "mobile", "+8613805610001", ""),
    ("138 0561 0001", "mobile", "+8613805610001", ""),
    ("+86 (0)138 0561 0001", "mobile", "+8613805610001", ""),
    ("sip:+8613805610001@ims.example.cn;user=phone", "mobile", "+8613805610001", ""),
    ("19905610001", "mobile", "+8619905610001", ""),
    # fixed numbers, in Huaibei (0561)
    ("3053000", "fixed", "+865613053000", ""),
    ("05613053000", "fixed", "+865613053000", ""),
    ("0561-3053000", "fixed", "+865613053000", ""),
    ("(0561)3053000", "fixed", "+865613053000", ""),
    ("（0561）305-3000", "fixed", "+865613053000", ""),
    ("5613053000", "fixed", "+865613053000", ""),
    ("865613053000", "fixed", "+865613053000", ""),
    ("+8605613053000", "fixed", "+865613053000", ""),
    ("010-62345678", "fixed", "+861062345678", ""),
    ("861062345678", "fixed", "+861062345678", ""),
    ("021-5555-1234", "fixed", "+862155551234", ""),
    ("075526001234", "fixed", "+8675526001234", ""),
    # extensions
    ("0561-3053000-8012", "fixed", "+865613053000", "8012"),
    ("3053000-8", "fixed", "+865613053000", "8"),
    ("05613053000转8012", "fixed", "+865613053000", "8012"),
    ("05613053000,,8012", "fixed", "+865613053000", "8012"),
    ("05613053000p8012", "fixed", "+865613053000", "8012"),
    ("05613053000 ext. 8012", "fixed", "+865613053000", "8012"),
    ("+865613053000;ext=8012", "fixed", "+865613053000", "8012"),
    ("tel:+86-561-3053000;ext=8012;phone-context=a", "fixed", "+865613053000", "8012"),
    ("400-123-4567转2", "service", "+864001234567", "2"),
    # services
    ("400-123-4567", "service", "+864001234567", ""),
    ("8008101234", "service", "+868008101234", ""),
    ("110", "service", None, ""),
    ("12345", "service", None, ""),
    ("+8612345", "service", None, ""),
    ("95588", "service", None, ""),
    ("116114", "service", None, ""),
    ("056112345", "service", None, ""),
    # abroad
    ("+85221234567", "foreign", "+85221234567", ""),
    ("0085221234567", "foreign", "+85221234567", ""),
    ("00886912345678", "foreign", "+886912345678", ""),
    ("+44 (0)20 7946 0000", "foreign", "+442079460000", ""),
    ("0012025550123", "foreign", "+12025550123", ""),
    # what could be several numbers, or is none
    ("85221234567", "unknown", None, ""),
    ("12025550123", "unknown", None, ""),
    ("1001", "unknown", None, ""),
    ("+999123456", "unknown", None, ""),
    ("+861234", "unknown", None, ""),
    ("13805610001x", "unknown", None, ""),
    ("alice", "unknown", None, ""),
    ("*11", "unknown", None, ""),
    ("138\r\n05610001", "unknown", None, ""),
    ("1" * (LONGEST + 1), "unknown", None, ""),
    ("١٣٨٠٥٦١٠٠٠١", "unknown", None, ""),
]


@pytest.mark.parametrize(("received", "kind", "e164", "extension"), FORMS)
def test_a_number_as_it_comes(received: str, kind: str, e164: str | None, extension: str) -> None:
    found = normalised(received, RULES)
    assert (found.kind.value, found.e164, found.extension) == (kind, e164, extension)


@pytest.mark.parametrize(("received", "number"), [("+8612345", "12345"), ("008695588", "95588"), ("056112345",) * 2])
def test_a_service_is_what_is_dialled_for_it(received: str, number: str) -> None:
    assert normalised(received, RULES).number == number


WITHHELD = ["", "anonymous", "Anonymous", "ANONYMOUS", "unavailable", "restricted", "unknown", "<unknown>", "Private"]
WITHHELD += [
    "0",
    "0000",
    "+",
    "00000000000",
    "sip:anonymous@anonymous.invalid",
    '"Anonymous" <sip:anonymous@x.invalid>',
]
WITHHELD += ["匿名", "未知号码", "asterisk", "  ", "-", "anonymous;ext=1"]


@pytest.mark.parametrize("received", WITHHELD)
@pytest.mark.parametrize("inside", [False, True])
def test_a_withheld_number_is_nobodys(received: str, inside: bool) -> None:
    found = normalised(received, RULES, inside=inside)
    assert (found.kind, found.e164, found.number, found.key) == (Kind.WITHHELD, None, "", None)


def test_without_an_area_code_a_local_number_stays_what_it_is() -> None:
    assert normalised("3053000", Rules()) == Normalised(kind=Kind.UNKNOWN, number="3053000")
    assert normalised("3053000", Rules(area_code="10")).kind is Kind.UNKNOWN, "Beijing's have eight digits"


@given(st.sampled_from(["110", "12345", "1001", "8001", "3053000", "30530008", "13800000001", "95588"]), ANYWHERE)
def test_a_phone_of_the_site_is_never_a_number_outside(number: str, rules: Rules) -> None:
    inside, outside = normalised(number, rules, inside=True), normalised(number, rules)
    assert inside.kind is Kind.INTERNAL
    assert inside.key not in (None, outside.key)


# --- laws -------------------------------------------------------------------------------------------------


@given(HOSTILE, ANYWHERE, st.booleans())
@example("+44 (0)20 7946 0000", RULES, False)
@example("0;ext=1", RULES, False)
@example("01)", RULES, True)
@example("3053000-8", RULES, False)
def test_whatever_comes_it_means_something_and_its_meaning_means_the_same(
    received: str, rules: Rules, inside: bool
) -> None:
    found = normalised(received, rules, inside=inside)
    assert normalised(found.text, rules, inside=inside) == found
    if found.key is not None and found.kind is not Kind.INTERNAL:
        assert normalised(found.key, rules) == found


@given(HOSTILE, HOSTILE, ANYWHERE)
def test_one_key_is_one_number(one: str, other: str, rules: Rules) -> None:
    first, second = normalised(one, rules), normalised(other, rules)
    if first.key is not None and first.key == second.key:
        assert first == second


@given(REAL.flatmap(lambda real: st.tuples(st.just(real), written(real))))
def test_every_way_to_write_a_number_is_that_number(pair: tuple[Real, str]) -> None:
    real, text = pair
    found = normalised(text, RULES)
    assert (found.kind.value, found.e164, found.extension) == (real.kind, real.e164, "")


@given(*[REAL.flatmap(lambda real: st.tuples(st.just(real), written(real)))] * 2)
def test_different_numbers_are_never_one(one: tuple[Real, str], other: tuple[Real, str]) -> None:
    equal = normalised(one[1], RULES).key == normalised(other[1], RULES).key
    assert equal == (one[0] == other[0])


@given(
    st.one_of(MOBILES, FIXED), st.text("0123456789", min_size=1, max_size=6), st.sampled_from([";ext=", "转", ",", "p"])
)
def test_whoever_is_behind_a_switchboard_is_another_than_the_switchboard(real: Real, extension: str, sign: str) -> None:
    direct, behind = normalised(real.e164, RULES), normalised(f"{real.e164}{sign}{extension}", RULES)
    assert behind.e164 == direct.e164
    assert behind.extension == extension
    assert behind.key != direct.key


@given(HOSTILE)
@example("1062345678")
def test_where_the_library_is_sure_it_says_the_same(received: str) -> None:
    """An independent reading of China's plan: where libphonenumber finds a valid mobile or fixed number, we find it or
    leave it as it came; never another."""
    found = normalised(received, Rules())
    if found.e164 is None or not received.isascii() or not received.lstrip("+").isdigit():
        return
    assert phonenumbers.is_possible_number(phonenumbers.parse(found.e164))
    try:
        theirs = phonenumbers.parse(received, "CN")
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_valid_number(theirs):
        assert phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.E164) == found.e164


@given(st.one_of(MOBILES, FIXED))
def test_valid_numbers_are_read_as_the_library_reads_them(real: Real) -> None:
    """But for 179…, where there are no mobiles: it takes the carriers' old prefixes (17900, 17951) off."""
    assume(not real.nsn.startswith("179"))
    theirs = phonenumbers.parse(f"0{real.nsn}" if real.kind == "fixed" else real.nsn, "CN")
    assert phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.E164) == real.e164
