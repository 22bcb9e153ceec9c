"""The Asterisk modules a rendered PBX loads: what the dialplan, the bridge and the logs use, and nothing else."""

from collections.abc import Collection

_SIP = (
    "res_sorcery_astdb",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_acl",
    "res_pjsip_authenticator_digest",
    "res_pjsip_caller_id",
    "res_pjsip_diversion",
    "res_pjsip_dlg_options",
    "res_pjsip_dtmf_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_header_funcs",
    "res_pjsip_logger",
    "res_pjsip_messaging",
    "res_pjsip_nat",
    "res_pjsip_notify",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_path",
    "res_pjsip_refer",
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "chan_pjsip",
)
_MEDIA = (
    "res_timing_timerfd",
    "res_musiconhold",
    "res_rtp_asterisk",
    "res_srtp",
    "res_format_attr_opus",
    "bridge_builtin_features",
    "bridge_builtin_interval_features",
    "bridge_holding",
    "bridge_native_rtp",
    "bridge_simple",
    "bridge_softmix",
    "chan_bridge_media",
    "codec_a_mu",
    "codec_alaw",
    "codec_g722",
    "codec_gsm",
    "codec_opus_open_source",
    "codec_opus",
    "codec_resample",
    "codec_ulaw",
    "format_gsm",
    "format_pcm",
    "format_sln",
    "format_wav",
)
_DIALPLAN = (
    "app_bridgeaddchan",
    "app_bridgewait",
    "app_celgenuserevent",
    "app_channelredirect",
    "app_chanspy",
    "app_confbridge",
    "app_controlplayback",
    "app_db",
    "app_dial",
    "app_exec",
    "app_mixmonitor",
    "app_originate",
    "app_playback",
    "app_playtones",
    "app_read",
    "app_senddtmf",
    "app_softhangup",
    "app_stack",
    "app_userevent",
    "app_verbose",
    "func_callerid",
    "func_cdr",
    "func_channel",
    "func_cut",
    "func_db",
    "func_devstate",
    "func_dialplan",
    "func_env",
    "func_global",
    "func_groupcount",
    "func_hangupcause",
    "func_lock",
    "func_logic",
    "func_math",
    "func_module",
    "func_pjsip_aor",
    "func_pjsip_contact",
    "func_pjsip_endpoint",
    "func_presencestate",
    "func_rand",
    "func_strings",
    "func_talkdetect",
    "func_timeout",
    "func_uri",
    "func_version",
    "pbx_config",
)
_LOGS = ("res_cdrel_custom", "cdr_custom", "cel_custom", "res_security_log")

MODULES = (*_MEDIA, *_SIP, *_DIALPLAN, *_LOGS, "app_queue")
"""In the order of loading; app_queue last, since a member whose channel driver is not there yet is invalid."""


_PERHAPS = frozenset({"codec_opus_open_source", "codec_opus"})
"""Not part of Asterisk's own sources: loaded only where somebody has looked."""

_SINCE = {"res_cdrel_custom": ((20, 19), (22, 9))}
"""Modules that older versions lack: the first minor version that has each, by branch."""


def chosen(version: str, available: Collection[str] | None = None) -> tuple[str, ...]:
    """``MODULES`` of this Asterisk; a version without a minor number means the newest of its branch.

    ``available`` (names without ending) overrules the version, where somebody has looked.
    """
    if available is not None:
        return tuple(name for name in MODULES if name in available)
    return tuple(name for name in MODULES if name not in _PERHAPS and _has(version, _SINCE.get(name, ())))


def _has(version: str, since: tuple[tuple[int, int], ...]) -> bool:
    branch, *rest = map(int, version.split("."))
    return all(not rest or rest[0] >= minor for first, minor in since if first == branch)
