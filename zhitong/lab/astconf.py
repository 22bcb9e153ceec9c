"""The configuration files that only a lab needs: everything that ties an Asterisk to one directory and few modules.

A rendered ``/etc/asterisk`` (dialplans/) says what the site is. This adds where the files of *this* run lie, which
modules are loaded and which RTP ports are used; a file that the rendered directory has is never touched, except that
the ``[directories]`` of its asterisk.conf give way to ours (in a copy).
"""

import re
from fnmatch import fnmatch
from pathlib import Path

# In use by the dialplans, the bridge and the tests; patterns, so that a module another version lacks is no error.
_MODULES = (
    *("app_attended_transfer", "app_blind_transfer", "app_bridgeaddchan", "app_bridgewait", "app_cdr"),
    *("app_celgenuserevent", "app_chanisavail", "app_channelredirect", "app_chanspy", "app_confbridge"),
    *("app_controlplayback", "app_db", "app_dial", "app_directed_pickup", "app_dumpchan", "app_echo", "app_exec"),
    *("app_forkcdr", "app_if", "app_milliwatt", "app_mixmonitor", "app_originate", "app_page", "app_playback"),
    *("app_playtones", "app_queue", "app_read", "app_readexten", "app_record", "app_sayunixtime", "app_senddtmf"),
    *("app_sendtext", "app_softhangup", "app_stack", "app_stream_echo", "app_system", "app_talkdetect"),
    *("app_transfer", "app_userevent", "app_verbose", "app_waitforcond", "app_waituntil", "app_while"),
    *("bridge_*", "cdr_custom", "cel_custom", "chan_bridge_media", "chan_pjsip"),
    *("codec_a_mu", "codec_alaw", "codec_g722", "codec_gsm", "codec_resample", "codec_ulaw"),
    *("format_g722", "format_gsm", "format_pcm", "format_sln", "format_wav", "format_wav_gsm"),
    *("func_*", "pbx_config", "pbx_spool"),
    *("res_agi", "res_cdrel_custom", "res_clioriginate", "res_convert", "res_crypto", "res_format_attr_*"),
    *("res_http_websocket", "res_limit", "res_manager_devicestate", "res_manager_presencestate", "res_musiconhold"),
    *("res_mutestream", "res_pjproject", "res_pjsip*", "res_rtp_asterisk", "res_security_log", "res_sorcery_*"),
    *("res_speech", "res_srtp", "res_stasis", "res_timing_timerfd", "res_tonedetect"),
)
# Matched by a pattern above, but they need a library the tree leaves out, a module not loaded, or a file not rendered.
_NOT_LOADED = (
    *("func_blacklist", "func_callcompletion", "func_curl", "func_enum", "func_iconv", "func_odbc", "func_speex"),
    *("func_srv", "func_vmcount"),
    *("res_pjsip_config_wizard", "res_pjsip_exten_state", "res_pjsip_geolocation", "res_pjsip_history"),
    *("res_pjsip_mwi", "res_pjsip_mwi_body_generator", "res_pjsip_notify", "res_pjsip_outbound_publish"),
    *("res_pjsip_phoneprov_provider", "res_pjsip_publish_asterisk", "res_pjsip_stir_shaken", "res_pjsip_t38"),
    "res_sorcery_realtime",
)
# Asterisk logs an error for each of these that is not there, and then takes its defaults: an empty one says the same
# and leaves the log for errors that mean something.
_EMPTY = (
    *("ccss.conf", "cdr.conf", "cel.conf", "confbridge.conf", "features.conf", "indications.conf"),
    *("pjproject.conf", "queuerules.conf", "udptl.conf"),
)
_BLANK = ("acl.conf", "stasis.conf")
"""Likewise, but these know no section [general]."""

_SECTION = re.compile(r"^\s*\[(?P<name>[^]]+)\]")

_NOTE = "; written by zhitong.lab, because the rendered directory had none\n"

_LOGGER = """\
[general]
dateformat = %F %T.%3q
queue_log = yes
queue_log_to_file = yes
rotatestrategy = none
[logfiles]
messages.log => notice,warning,error
"""

_MUSIC = """\
[default]
mode = files
directory = moh
"""


def asterisk_conf(rendered: str, *, etc: Path, run: Path, socket_dir: Path, modules: Path, data: Path) -> str:
    """The asterisk.conf of one run: our ``[directories]``, then all other sections of the `rendered` one.

    `socket_dir` holds the control socket, whose whole path must stay below 108 bytes.
    """
    directories = {
        "astetcdir": etc,
        "astmoddir": modules,
        "astvarlibdir": run / "lib",
        "astdbdir": run / "lib",
        "astkeydir": run / "lib",
        "astdatadir": data,
        "astagidir": data / "agi-bin",
        "astspooldir": run / "spool",
        "astrundir": socket_dir,
        "astlogdir": run / "log",
        "astsbindir": run,
    }
    lines = [f"{key} => {path}" for key, path in directories.items()]
    return "[directories]\n" + "\n".join(lines) + "\n\n" + _without_directories(rendered)


def _without_directories(rendered: str) -> str:
    kept, dropping = [], False
    for line in rendered.splitlines(keepends=True):
        if section := _SECTION.match(line):
            dropping = section["name"].strip().lower() == "directories"
        if not dropping:
            kept.append(line)
    return "".join(kept)


def modules_conf(modules: Path) -> str:
    """A modules.conf that loads what the lab needs, of what the directory `modules` has, and nothing else."""
    names = sorted(path.stem for path in modules.glob("*.so"))
    chosen = [name for name in names if _matches(name, _MODULES) and not _matches(name, _NOT_LOADED)]
    return "[modules]\nautoload = no\n" + "".join(f"load = {name}.so\n" for name in chosen)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def write_missing(etc: Path, *, modules: Path, rtp: range) -> list[str]:
    """Write the lab-only files that the directory `etc` lacks; the names of those written.

    `rtp` are the ports for media; a range of few ports makes offers fail one after another (asterisk-facts, SIPp).
    """
    files = {
        "modules.conf": modules_conf(modules),
        "rtp.conf": f"[general]\nrtpstart = {rtp.start}\nrtpend = {rtp.stop - 1}\nicesupport = no\n",
        "logger.conf": _LOGGER,
        "musiconhold.conf": _MUSIC,
        **dict.fromkeys(_EMPTY, "[general]\n"),
        **dict.fromkeys(_BLANK, ""),
    }
    missing = [name for name in files if not (etc / name).exists()]
    for name in missing:
        (etc / name).write_text(_NOTE + files[name], encoding="utf-8")
    return missing
