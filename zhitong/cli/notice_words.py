"""How screens say what a caller heard of the notice."""

from telephony.records.record import NoticeHeard


def told(heard: NoticeHeard) -> str:
    """Whole, cut, or not heard at all."""
    if heard.whole:
        return "完整 complete"
    if not heard.heard_ms:
        return "未听到 not heard"
    return f"打断于 cut after {heard.heard_ms} ms / {heard.length_ms} ms"
