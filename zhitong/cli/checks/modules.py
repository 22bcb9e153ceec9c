"""Are the modules loaded that the dialplan and the books rest on? Through ``Getvar`` of ``IFMODULE(...)``.

``ModuleCheck`` would need the class ``system``; reading a function needs ``reporting`` or ``call``, which the bridge's
user has. Asterisk's func_module tells; without it nothing can be said.
"""

from collections.abc import Sequence

from dialplans.modules import MODULES
from zhitong.cli.checks.case import Rights
from zhitong.cli.checks.client import PystClient
from zhitong.cli.checks.findings import Finding, error, listed, note, ok

NEEDED = tuple(
    name
    for name in MODULES
    if name
    in {
        *("app_queue", "app_dial", "app_stack", "app_userevent", "app_celgenuserevent", "app_mixmonitor"),
        *("app_playback", "app_controlplayback", "app_confbridge", "app_exec", "pbx_config"),
        *("func_channel", "func_logic", "func_strings", "func_dialplan", "func_math"),
        *("chan_pjsip", "res_pjsip", "res_pjsip_registrar", "res_pjsip_endpoint_identifier_ip"),
        *("res_pjsip_endpoint_identifier_user", "res_rtp_asterisk", "res_musiconhold", "bridge_simple"),
        *("cdr_custom", "cel_custom"),
    }
)
"""Without any of these calls or books are lost. Codecs, formats and the like differ from PBX to PBX."""

_ITSELF = "func_module"


async def check_modules(pbx: PystClient, rights: Rights) -> Finding:
    """Ask for each, and judge."""
    if "Getvar" in rights and await _loaded(pbx, _ITSELF):
        return judge_modules([name for name in NEEDED if not await _loaded(pbx, name)])
    return note(
        "modules",
        ("看不到 PBX 加载了哪些模块", "Which modules are loaded cannot be seen"),
        (
            f"需要 write = reporting 和模块 {_ITSELF}.so；或在 PBX 上看 asterisk -rx 'module show'。",
            f"It needs write = reporting and {_ITSELF}.so; or look there: asterisk -rx 'module show'.",
        ),
    )


async def _loaded(pbx: PystClient, name: str) -> bool:
    reply = await pbx.ask("Getvar", Variable=f"IFMODULE({name}.so)")
    return reply.headers.get("Value") == "1"


def judge_modules(missing: Sequence[str]) -> Finding:
    """An error names what is not loaded."""
    if missing:
        return error(
            "modules",
            (f"没有加载：{listed(missing)}", f"Not loaded: {listed(missing)}"),
            (
                "在 modules.conf 加载它们（zhitong dialplan render 会写），再重启 Asterisk；或 module load 名称。",
                "Load them in modules.conf (zhitong dialplan render writes it) and restart Asterisk, or: module load.",
            ),
        )
    return ok("modules", f"所需 {len(NEEDED)} 个模块都已加载", f"The {len(NEEDED)} modules needed are loaded")
