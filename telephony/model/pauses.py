"""Reasons of a pause that are ours, beside those of the site's own list. app_queue keeps them with the member, and
tells them in its events and in queue_log. Pure."""

WRAP_UP = "wrap-up"  # begun and, without us, ended by the dialplan (dialplans/templates/extensions/wrapup.j2)
MISSED = "missed-offer"  # the phone rang out
REFUSED = "refused-offer"
DESKTOP_GONE = "desktop-gone"  # who signed in at a desktop has none any more
BY_CODE = "feature-code"  # keyed at the phone
SIGNED_OUT = "signed-out"  # where members are static, a sign-out is a pause

OURS = (WRAP_UP, MISSED, REFUSED, DESKTOP_GONE, BY_CODE, SIGNED_OUT)
WRAPUP_FAMILY = "zt-wrapup"
"""Of AstDB: phone → until when its agent wraps up as the dialplan began it, in ms since 1970."""


def wrapup_word(phone: str, mark: int, until: int | None) -> tuple[str, str]:
    """The global variable, and its value, by which we tell the dialplan that a wrap-up ends at ``until`` in place of
    ``mark`` (as AstDB has it), in microseconds; None: we have ended it. (AMI may not write to AstDB, but with rights
    that are as good as a shell.)"""
    return f"ZT_WRAP_{phone}", f"{mark // 1_000}:{'' if until is None else until // 1_000}"
