"""Real numbers, and the ways in which carriers and people write them: for the tests of what they mean."""

from typing import NamedTuple

from hypothesis import strategies as st

AREA = "561"


class Real(NamedTuple):
    """A number there can be. ``nsn``: what follows +86, or of abroad all that follows +."""

    kind: str
    nsn: str

    @property
    def e164(self) -> str:
        return f"+{self.nsn}" if self.kind == "foreign" else f"+86{self.nsn}"


def _digits(count: int, first: str = "0123456789") -> st.SearchStrategy[str]:
    rest = st.text("0123456789", min_size=count - 1, max_size=count - 1)
    return st.builds(lambda head, tail: head + tail, st.sampled_from(first), rest)


MOBILES = st.builds(lambda second, rest: Real("mobile", f"1{second}{rest}"), st.sampled_from("3456789"), _digits(9))
AREAS = {"10": 8, "20": 8, "21": 8, "29": 8, "561": 7, "562": 7, "755": 8, "891": 7, "951": 7}
FIXED = st.sampled_from(sorted(AREAS)).flatmap(
    lambda area: _digits(AREAS[area], "2345678").map(lambda local: Real("fixed", area + local))
)
FREE = st.builds(lambda head, rest: Real("service", f"{head}{rest}"), st.sampled_from(["400", "800"]), _digits(7))
ABROAD = st.sampled_from(["852", "853", "886", "1", "44", "81", "49"]).flatmap(
    lambda country: _digits({"1": 10, "44": 10, "81": 9, "49": 10}.get(country, 8), "2").map(
        lambda rest: Real("foreign", country + rest)
    )
)
REAL = st.one_of(MOBILES, FIXED, FREE, ABROAD)


def written(real: Real) -> st.SearchStrategy[str]:
    """One of the ways to write it that can be no other number, seen from the area of AREA."""
    return st.builds(_decorated, st.sampled_from(_plain(real)), st.sampled_from(range(7)))


def _plain(real: Real) -> list[str]:
    if real.kind == "foreign":
        return [f"+{real.nsn}", f"00{real.nsn}"]
    forms = [f"{before}{real.nsn}" for before in ("+86", "0086", "086", "86", "+860", "00860", "860", "0")]
    if real.kind in ("mobile", "service"):
        forms.append(real.nsn)
    if real.kind == "fixed" and real.nsn.startswith(AREA):
        forms += [real.nsn[3:], real.nsn]
    return forms


def _decorated(number: str, how: int) -> str:
    wide = number.translate({ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789+"})
    return (
        number,
        f" {number[:4]} {number[4:]} ",
        f"sip:{number}@198.51.100.7:5060;user=phone",
        f'"{number}" <sip:{number.replace("+", "%2B")}@carrier.example>',
        f"tel:{number};phone-context=example",
        wide,
        f"\u202a{number}\u202c",
    )[how]
