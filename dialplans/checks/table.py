"""All rules, by name. README.md shows them to people; a test holds the two together."""

from dialplans.checks import (
    files,
    fraud,
    gone,
    limits,
    logs,
    manager,
    notice,
    numbers,
    overflow,
    places,
    ports,
    queues,
    secrets,
    sip,
    site,
    speech,
    tls,
    told,
)
from dialplans.checks.case import Case
from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Rule
from dialplans.findings import Level

ERROR, WARNING = Level.ERROR, Level.WARNING

OF_SITES: tuple[Rule[Case], ...] = (
    Rule("site-contradiction", ERROR, "站点设置自相矛盾", "keys that contradict each other", site.contradicting),
    Rule("agents", ERROR, "坐席名单有误", "an agent who cannot be rendered", site.people),
    Rule("agent-target", ERROR, "目标坐席不存在", "an exit or overflow to nobody", site.agent_targets),
    Rule(
        "deaf-announcement",
        WARNING,
        "来电者听不到报号",
        "an announcement before the answer that nobody hears",
        site.deaf_announcements,
    ),
    Rule("untrue-position", ERROR, "报号不真实", "a place that others go before", told.untrue_positions),
    Rule("lonely-queue", WARNING, "队列没有坐席", "a queue without agents", site.lonely_queues),
    Rule(
        "ring-exceeds-wait",
        WARNING,
        "振铃比等待还长",
        "one offer rings longer than a caller may wait",
        limits.rings_too_long,
    ),
    Rule(
        "overflow-unreachable",
        WARNING,
        "溢出永远不会发生",
        "an overflow after a wait without end",
        limits.never_overflows,
    ),
    Rule(
        "carrier-clears",
        WARNING,
        "运营商可能先挂断",
        "a wait longer than carriers let an unanswered call ring",
        limits.cleared_by_carrier,
    ),
    Rule(
        "site-few-ports", WARNING, "语音端口不够", "fewer ports for sound than the calls allowed take", limits.few_ports
    ),
    Rule(
        "promise-unheard",
        WARNING,
        "线路不够，来电者会听到忙音",
        "more callers let in than there are lines",
        limits.unheard_promise,
    ),
    Rule(
        "reserve-taken",
        WARNING,
        "专家预留线路会被占用",
        "lines kept for specialists that callers may take",
        limits.taken_reserve,
    ),
    Rule(
        "calls-unlimited", WARNING, "外呼没有限制", "no daily limit, or calls to every country", limits.unlimited_calls
    ),
    Rule(
        "recording-untold",
        WARNING,
        "录音未告知来电者",
        "calls that are recorded without a notice",
        site.untold_recording,
    ),
    Rule("site-port-clash", ERROR, "端口相撞", "the port for SIP within those for sound", limits.port_clash),
    Rule("duty-refused", ERROR, "值班手机不许外呼", "a duty mobile that may not be called", overflow.refused_mobiles),
    Rule("closer-unknown", ERROR, "紧急关闭人不是坐席", "a closer who is no agent", overflow.strange_closers),
    Rule("lines-exceeded", WARNING, "来电多于线路", "more calls in than the carrier's lines", overflow.more_than_lines),
    Rule("site-ami-open", ERROR, "AMI 对外开放", "AMI for the whole network", limits.open_manager),
    Rule("untold", WARNING, "录音而未告知", "calls that are recorded, and callers who are not told", notice.untold),
    Rule("deaf-notice", WARNING, "来电者听不到告知", "a notice before the answer that nobody hears", notice.deaf),
    Rule("prompt", ERROR, "语音文件缺失或损坏", "a sentence without a sound file, or a broken one", speech.prompts),
    Rule("tls-files", ERROR, "TLS 证书或私钥有误", "a certificate or key that Asterisk cannot load", tls.certificates),
    Rule("music", WARNING, "等待音乐缺失", "music on hold without files", speech.music),
    Rule("coded-music", WARNING, "等待音乐会损害录音", "music that may cost recordings a voice", speech.coded_music),
)
"""Looked for before anything is rendered."""

OF_FILES: tuple[Rule[Pbx], ...] = (
    Rule("include-missing", ERROR, "引用的文件不存在", "an #include of a file that is not there", files.missing),
    Rule("include-circle", ERROR, "文件互相引用", "files that include each other", files.circles),
    Rule("exec", WARNING, "配置里运行程序", "#exec: what it prints is not checked", files.executed),
    Rule(
        "section-missing",
        ERROR,
        "模板或区段不存在",
        "a template, or a section to add to, that is not there",
        files.orphans,
    ),
    Rule("not-included", WARNING, "文件没有被引用", "a file of ours that Asterisk does not read", files.unread),
    Rule("stray-line", ERROR, "这一行读不懂", "a line of a dialplan that Asterisk passes over", files.stray),
    Rule("no-target", ERROR, "跳转目标不存在", "a jump to a place that is not there", places.targets),
    Rule("no-queue", ERROR, "队列不存在", "a queue that is named and not configured", places.queues),
    Rule("no-context", WARNING, "包含的上下文不存在", "an include => of a context that is not there", places.includes),
    Rule("context-circle", WARNING, "上下文互相包含", "contexts that include each other", places.circles),
    Rule("swallows", ERROR, "模式吞掉 h、i、s、t", "a pattern that matches h, i, s, t", numbers.swallowing),
    Rule("priority-missing", ERROR, "缺少步骤", "an extension without a first step, or with a hole", numbers.unbegun),
    Rule("priority-twice", ERROR, "步骤重复", "the same step twice: the second is left out", numbers.twice),
    Rule("falls-through", ERROR, "呼叫会漏到另一模式", "an extension that goes on in a wider pattern", numbers.falling),
    Rule(
        "overlap",
        WARNING,
        "号码模式重叠",
        "two patterns that match one number, neither the narrower",
        numbers.ambiguous,
    ),
    Rule(
        "hidden", WARNING, "号码被遮住", "an included number behind a pattern of the including context", numbers.hidden
    ),
    Rule("exit-context", ERROR, "按键出口不对", "a queue's exits that are missing, or no single keys", queues.exits),
    Rule("member-missing", ERROR, "队列成员没有话机", "a member without an endpoint", queues.members),
    Rule("member-blind", WARNING, "看不到成员忙闲", "a Local member without a state interface", queues.blind_members),
    Rule("rest-is-empty", ERROR, "休息被当成无人", "joinempty or leavewhenempty with paused or wrapup", queues.resting),
    Rule("ringinuse", WARNING, "通话中仍被振铃", "agents in a call are offered further calls", queues.ringing_busy),
    Rule("autopause", WARNING, "漏接一次就被暂停", "autopause", queues.pausing),
    Rule("anonymous", ERROR, "匿名呼入", "calls of anybody are taken", sip.anonymous),
    Rule("unguarded", ERROR, "无口令也无地址", "an endpoint with neither password nor address", sip.unguarded),
    Rule(
        "trunk-by-name", WARNING, "中继可被冒名", "a trunk that is known by a name that anybody can send", sip.by_name
    ),
    Rule("trunk-everywhere", ERROR, "中继地址是全网", "a trunk whose address is the whole world", sip.everywhere),
    Rule(
        "sip-reference", ERROR, "引用的 SIP 对象不存在", "an auth, aor or transport that is not there", sip.references
    ),
    Rule("no-transport", ERROR, "没有 SIP 监听", "no transport", sip.transports),
    Rule("endpoint-context", ERROR, "呼入上下文不存在", "an endpoint whose calls begin nowhere", sip.contexts),
    Rule(
        "no-registration", WARNING, "话机无法注册", "an aor with neither a contact nor max_contacts", sip.unregistrable
    ),
    Rule("direct-media", WARNING, "语音绕过 PBX", "sound that passes by Asterisk", sip.direct_media),
    Rule("weak-secret", ERROR, "口令太弱", "a password that is guessed", secrets.weak),
    Rule("ami-open", ERROR, "AMI 对外开放", "AMI for the whole network", manager.open_to_all),
    Rule("ami-mighty", WARNING, "AMI 权限过大", "an AMI user who may run commands", manager.mighty),
    Rule("http-open", WARNING, "内置网页服务对外开放", "Asterisk's web server on the network", manager.web),
    Rule("toll-fraud", ERROR, "外部来电可外拨", "an outgoing pattern where trunks' calls come to", fraud.toll),
    Rule("disa", ERROR, "无口令的外拨音", "a dial tone for whoever calls", fraud.disa),
    Rule("caller-transfers", ERROR, "来电者可转接", "callers from outside who may transfer", fraud.transfers),
    Rule("shell", ERROR, "外来内容进了命令行", "a shell command made of what a caller sends", fraud.shell),
    Rule(
        "transfer-ends-in-dial",
        WARNING,
        "转接后没有挂断",
        "Dial as the last step where transfers lead",
        fraud.endless_transfers,
    ),
    Rule("cel-digits", ERROR, "CEL 记下按键", "CEL with the digits that callers key", logs.cel_all),
    Rule("log-digits", ERROR, "日志记下按键", "a log with the digits that callers key", logs.keys_logged),
    Rule("few-ports", WARNING, "语音端口不够", "fewer ports for sound than the calls allowed take", ports.few),
    Rule("port-clash", ERROR, "端口相撞", "the port for SIP within those for sound", ports.clash),
    Rule("loose-rtp", WARNING, "语音流不认来源", "strictrtp = no", ports.unstrict),
    Rule("gone", WARNING, "新版 Asterisk 没有", "Macro or chan_sip, gone with Asterisk 21", gone.apps),
)
"""Looked for in Asterisk's files, ours or others'. In contexts that are not ours most errors are warnings."""

TITLES = {rule.name: rule.zh for rule in OF_SITES} | {rule.name: rule.zh for rule in OF_FILES}
"""What each rule is about, in Chinese."""
