"""What callers met because of the desks, in words: ratings, limits, an agent kept for them, silence."""

from telephony.records.record import CallRecord

LIMITS = {
    "low-priority": "排在最后 lower priority",
    "one-call": "同时只接一通 one call at a time",
    "refuse": "拒接 refused",
}
STICKY = {"offered": "先振 offered first to", "answered": "接回 came back to"}


def met(record: CallRecord) -> dict[str, str]:
    """As rows of ``calls show``; what did not happen is empty."""
    told = record.met
    if told is None:
        return {}
    rated = told.rated or "—"
    value = f"{told.rating} / 5  ({rated})" if told.rating is not None else f"未评 not given  ({rated})"
    return {
        "评价 rating": value if told.rating_asked else "",
        "号码限制 limited": LIMITS.get(told.limited, told.limited),
        "优先坐席 sticky": f"{STICKY.get(told.sticky, told.sticky)} {told.sticky_agent}" if told.sticky else "",
        "无声 silent": "来电者无声音 nothing was heard of the caller" if told.silent else "",
    }
