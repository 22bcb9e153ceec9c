"""The codes with which a gateway closes a connection (RFC 6455, section 7.4: 4000 to 4999 are ours). Pure."""

from enum import IntEnum


class Close(IntEnum):
    GOING_AWAY = 1001  # the gateway stops
    RESTART = 1012  # the gateway begins anew
    TOO_BIG = 1009  # a message beyond the size cap
    NO_TOKEN = 4001  # no hello came in time, or its token was refused
    EXPIRED = 4002  # the token has expired, or was revoked
    PROTOCOL = 4003  # too much that is no request, or no version in common
    TOO_SLOW = 4008  # what was sent is not read fast enough
    REPLACED = 4009  # the same client_id came again
    SILENT = 4010  # nothing was heard for three heartbeats
    UPSTREAM_LOST = 4012  # the gateway does not know the state of now
    TOO_MANY = 4029  # too many requests, or too many connections from one address


MEANINGS = {
    Close.GOING_AWAY: "The gateway stops. Come again; the notification `closing` says after how long.",
    Close.RESTART: "The gateway begins anew. Come again; the notification `closing` says after how long.",
    Close.TOO_BIG: "A message was larger than the gateway takes.",
    Close.NO_TOKEN: "No hello came in time, or its token was refused. Get a token before you come again.",
    Close.EXPIRED: "The token has expired or was revoked. Get a new one before you come again.",
    Close.PROTOCOL: "Too much that is no request, or no version in common. Do not come again as you are.",
    Close.TOO_SLOW: "You did not read fast enough. Come again: you go on where you were.",
    Close.REPLACED: "The same client_id said hello on another connection. Do not come again by yourself.",
    Close.SILENT: "Nothing was heard from you for three heartbeats. Come again.",
    Close.UPSTREAM_LOST: "The gateway does not know the state of now. Come again in a moment.",
    Close.TOO_MANY: "Too many requests, or too many connections. Come again after a minute.",
}

COME_AGAIN = frozenset(Close) - {Close.NO_TOKEN, Close.EXPIRED, Close.PROTOCOL, Close.REPLACED}
"""After these a client connects again by itself; after NO_TOKEN and EXPIRED only with another token."""
