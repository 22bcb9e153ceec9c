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
"""Of AstDB: phone → until when its agent wraps up, in ms since 1970."""
DESK_FAMILY = "zt-desk"
"""Of AstDB: the numbers of agents who signed in at a desktop."""
