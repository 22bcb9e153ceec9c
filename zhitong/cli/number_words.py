"""The words of telephone numbers on screens: Chinese first, English beside."""

from telephony.numbers.china import COUNTRY_CODE, area_of
from telephony.numbers.kinds import Kind
from telephony.numbers.received import Normalised

KINDS = {
    Kind.MOBILE: "手机 mobile",
    Kind.FIXED: "固话 fixed",
    Kind.SERVICE: "服务号码 service",
    Kind.FOREIGN: "境外 abroad",
    Kind.INTERNAL: "内部分机 internal",
    Kind.WITHHELD: "未显示 withheld",
    Kind.UNKNOWN: "不明 unknown",
}


def meaning(received: str, number: Normalised | None) -> str:
    """A number as received, what it means, and what is certain of it; masked where both are. Empty where nobody has
    looked at it."""
    if number is None:
        return ""
    means = number.e164 or number.number
    parts = [received if means in ("", received) else f"{received} → {means}", KINDS[number.kind]]
    if number.kind is Kind.FIXED and number.e164 is not None:
        parts.append(f"区号 area 0{area_of(number.e164[1 + len(COUNTRY_CODE) :])}")
    if number.extension:
        parts.append(f"分机 extension {number.extension}")
    return "  ".join(filter(None, parts))
