"""site.toml: what is read, what has a default, and what every mistake is told."""

import datetime
import re
import string
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from telephony.config import Site, contradictions, parse_site, read_site
from telephony.errors import ConfigError
from telephony.site.queues import Queue
from telephony.site.sip import Trunk
from telephony.texts import target_of

SAMPLES = Path(__file__).parents[3] / "dialplans" / "samples"

SMALLEST = """
name = "某市12345"
hotline = ["12345"]
[[queue]]
name = "hotline"
"""

FIFTEEN_LINES = """\
name = "某市12345政务服务便民热线"
hotline = ["12345"]
agents = { sign_in = "always" }
[recording]
on = true
keep_days = 180
[[trunk]]
name = "carrier"
hosts = ["203.0.113.10"]
[[queue]]
name = "hotline"
overflow = "queue:duty"
exits = { 1 = "queue:duty" }
[[queue]]
name = "duty"
"""


def refused(text: str) -> str:
    """The words with which this site.toml is refused."""
    with pytest.raises(ConfigError) as caught:
        parse_site(text)
    return str(caught.value)


def test_a_site_needs_a_name_a_number_and_a_queue() -> None:
    site = parse_site(SMALLEST)
    assert (site.name, site.hotline, site.queues[0].name) == ("某市12345", ("12345",), "hotline")
    assert site.pbx.systemname == "pbx1"
    assert (site.pbx.ami.host, site.pbx.ami.port, site.pbx.ami.user) == ("127.0.0.1", 5038, "zhitong")
    assert site.time_zone == "Asia/Shanghai"
    assert site.agents.sign_in == "code"
    assert not site.recording.on
    assert site.opening is None
    assert site.baseline is None
    assert (site.queues[0].retry_s, site.queues[0].timeout_s, site.queues[0].overflow) == (1, 20, "callback")


def test_fifteen_lines_are_a_hotline() -> None:
    assert len(FIFTEEN_LINES.splitlines()) == 15
    site = parse_site(FIFTEEN_LINES)
    assert site.trunks[0].answer == "at-entry"
    assert site.queue_named(None).name == "hotline"
    assert site.queue_named("duty").name == "duty"
    assert site.numbers_of(site.trunks[0]) == ("12345",)


@pytest.mark.parametrize("sample", ["city", "two-phones"])
def test_the_samples_are_sites(sample: str) -> None:
    assert read_site(SAMPLES / sample / "site.toml").queues


def test_a_site_cannot_be_changed() -> None:
    site = parse_site(SMALLEST)
    with pytest.raises(AttributeError):
        site.name = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "path", "hint"),
    [
        (SMALLEST + "timeut_s = 3", "queue[0].timeut_s", "timeout_s"),
        ('nmae = "x"' + SMALLEST, "nmae", "name"),
        (SMALLEST + "[pbx.ami]\nprot = 5038", "pbx.ami.prot", "port"),
        (SMALLEST + "[[queue]]\nname = 'second'\nwaight = 1", "queue[1].waight", "weight"),
        (SMALLEST + "[feature_codes]\nsign_inn = '*11'", "feature_codes.sign_inn", "sign_in"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['192.0.2.1']\nhost = 'x'", "trunk[0].host", "hosts"),
    ],
)
def test_an_unknown_key_is_named_with_what_is_allowed(text: str, path: str, hint: str) -> None:
    words = refused(text)
    assert f"site.toml: {path}: there is no such key" in words
    assert f"Did you mean {hint}?" in words
    assert re.search(rf"Allowed here: .*\b{hint}\b", words)


def test_all_unknown_keys_are_named_at_once() -> None:
    words = refused("colour = 1\n" + SMALLEST + "shape = 2")
    assert "site.toml: colour:" in words
    assert "site.toml: queue[0].shape:" in words


@pytest.mark.parametrize(
    ("line", "path", "allowed"),
    [
        ("timeout_s = 0", "queue[0].timeout_s", "whole seconds from 1 to 300"),
        ("timeout_s = 301", "queue[0].timeout_s", "whole seconds from 1 to 300"),
        ('timeout_s = "20"', "queue[0].timeout_s", "whole seconds from 1 to 300"),
        ("timeout_s = 1.5", "queue[0].timeout_s", "whole seconds from 1 to 300"),
        ('strategy = "best"', "queue[0].strategy", "leastrecent"),
        ('music = "a b"', "queue[0].music", "a letter a-z and up to 29 more"),
        ('number = "80x1"', "queue[0].number", "2 to 20 digits"),
        ('overflow = "queue"', "queue[0].overflow", "'queue:NAME'"),
        ('exits = { 12 = "hangup" }', "queue[0].exits", "one key of the telephone"),
        ('exits = { 1 = "hotline" }', "queue[0].exits", "'queue:NAME'"),
        ("join_empty = 1", "queue[0].join_empty", "bool"),
        ("[sip]\nport = 65536", "sip.port", "a port from 1 to 65535"),
        ('[sip]\nbind = "0.0.0.0;"', "sip.bind", "a host name or an address"),
        ('[sip]\ncodecs = ["mp3"]', "sip.codecs[0]", "alaw"),
        ('[pbx]\nsystemname = "PBX 1"', "pbx.systemname", "a letter a-z and up to 15"),
        ('[pbx]\nversion = "1.8"', "pbx.version", "22 or 20.11"),
        ('[prompts]\nclosed = "../../etc/passwd"', "prompts.closed", "a sound's name"),
        ('[prompts]\nclosed = "a&b"', "prompts.closed", "a sound's name"),
        ('[recording]\nfolder = "/a b"', "recording.folder", "a path"),
        ('[opening]\nmon = ["9-17"]', "opening.mon[0]", "HH:MM-HH:MM"),
        ('[opening]\nmon = ["25:00-26:00"]', "opening.mon[0]", "HH:MM-HH:MM"),
        ('[opening]\nholidays = ["soon"]', "opening.holidays[0]", ""),
        ('[feature_codes]\nsign_in = "11"', "feature_codes.sign_in", "such as *11"),
        ('[agents]\nsign_in = "never"', "agents.sign_in", "always, code"),
        ('[baseline]\nprompts = "beep"', "baseline.prompts", "array"),
    ],
)
def test_a_wrong_value_is_named_shown_and_told_what_is_allowed(line: str, path: str, allowed: str) -> None:
    words = refused(SMALLEST + line)
    assert words.startswith(f"site.toml: {path}")
    assert "not allowed" in words
    assert allowed in words.partition("Allowed:")[2]


def test_the_wrong_value_itself_is_shown_and_its_table_named() -> None:
    assert refused(SMALLEST + "timeout_s = 999") == (
        "site.toml: queue[0].timeout_s ('hotline'): not allowed: 999. Allowed: whole seconds from 1 to 300."
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('hotline = ["12345"]\n[[queue]]\nname = "a"', "name"),
        ('name = "x"\nhotline = ["12345"]', "queue"),
        (SMALLEST + "[[trunk]]\nname = 'a'", "trunk[0].hosts"),
        (SMALLEST + "[baseline]\nkey = '1'", "baseline.prompts"),
    ],
)
def test_a_missing_key_is_named(text: str, path: str) -> None:
    assert re.fullmatch(rf"site\.toml: {re.escape(path)}( \('a'\))?: is missing\.", refused(text))


def two(more: str) -> str:
    return SMALLEST + more + '\n[[queue]]\nname = "duty"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (two('overflow = "queue:nobody"'), "queue[0].overflow: there is no queue 'nobody'. Queues: duty, hotline."),
        (two('exits = { 1 = "queue:nobody" }'), "queue[0].exits.1: there is no queue 'nobody'."),
        (two('overflow = "queue:hotline"'), "goes round in a circle: hotline → hotline"),
        (two('overflow = "queue:duty"') + 'overflow = "queue:hotline"', "hotline → duty → hotline"),
        (SMALLEST + '[[queue]]\nname = "hotline"', "queue[1].name: 'hotline' is taken by queue[0].name"),
        (two('number = "8001"') + 'number = "8001"', "queue[1].number: '8001' is taken by queue[0].number"),
        (SMALLEST + 'number = "120"', "queue[0].number: '120' is an emergency number"),
        (SMALLEST + 'number = "12345"', "queue[0].number: '12345' is the hotline's"),
        (SMALLEST + "[feature_codes]\npause = '*11'", "feature_codes.pause: '*11' has more than one meaning"),
        (SMALLEST + "[feature_codes]\nblind = '*2'", "feature_codes.blind: '*2' is that of feature_codes.attended"),
        (SMALLEST + "[feature_codes]\nroom = '*0'", "feature_codes.room: '*0' begins as feature_codes.emergency"),
        (SMALLEST + "[feature_codes]\nroom = '*2'", "feature_codes.room: '*2' is that of feature_codes.attended"),
        (SMALLEST + "[feature_codes]\nemergency = '*#*#*#*#0'", "'*#*#*#*#0' and '110' are more than 10 keys"),
        (SMALLEST + "[emergency]\nnumbers = ['122', '12345']", "emergency.numbers[1]: '12345' is the hotline's own"),
        (SMALLEST + "[feature_codes]\nrecord_resume = '*5'", "'*5' is that of feature_codes.record_pause"),
        (SMALLEST + "[recording]\non = true", "recording.keep_days: is needed where calls are recorded"),
        (SMALLEST + "[recording]\non = true\nkeep_days = 0", "Allowed: whole days from 1 to 36500"),
        (SMALLEST.replace('"hotline"', '"general"'), "queue[0].name: 'general' is a word of Asterisk's own"),
        (SMALLEST.replace("某市12345", ""), "name: must not be empty"),
        (SMALLEST.replace('["12345"]', "[]"), "hotline: at least one number is needed"),
        ('name = "x"\nhotline = ["12345"]\nqueue = []', "queue: at least one [[queue]] is needed"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = []", "trunk[0].hosts: at least one address is needed"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['1.2.3.4:0']", "trunk[0].hosts: '1.2.3.4:0' is no address"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['[::1]:x']", "trunk[0].hosts"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['1.2.3.4/33']", "trunk[0].hosts: '1.2.3.4/33' is no address"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['-x-']", "trunk[0].hosts: '-x-' is no address"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['1.2.3.4']\nqueue = 'b'", "trunk[0].queue: there is no queue 'b'"),
        (SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['1.2.3.4']\nregister = true", "trunk[0].username: is needed"),
        (SMALLEST + "[baseline]\nprompts = ['beep']\nqueue = 'b'", "baseline.queue: there is no queue 'b'"),
        (SMALLEST + "[pbx.ami]\npermit = ['here']", "pbx.ami.permit[0]: 'here' is no network"),
        ('time_zone = "Mars/Olympus"' + SMALLEST, "time_zone: 'Mars/Olympus' is no time zone"),
        (SMALLEST + "[sip]\nrtp_start = 10000\nrtp_end = 10001", "sip.rtp_end: must be above sip.rtp_start"),
        (SMALLEST + "[opening]\nmon = ['17:00-09:00']", "opening.mon: a span ends before it begins"),
        (SMALLEST + "[opening]\nmon = ['09:00-09:00']", "opening.mon: a span ends before it begins"),
    ],
)
def test_what_contradicts_itself_is_told(text: str, words: str) -> None:
    assert words in refused(text)


def test_every_contradiction_is_told_at_once() -> None:
    words = refused(two('overflow = "queue:x"\nexits = { 1 = "queue:y" }'))
    assert len(words.splitlines()) == 2


@pytest.mark.parametrize(
    "host",
    [
        "203.0.113.10",
        "203.0.113.0/24",
        "203.0.113.0:5060/24",
        "203.0.113.10:5060",
        "sip.example.net",
        "2001:db8::1",
        "2001:db8::/32",
        "[2001:db8::1]:5060",
        "[2001:db8::]:5060/64",
    ],
)
def test_a_trunk_is_known_by_address_network_port_or_name(host: str) -> None:
    site = parse_site(SMALLEST + f"[[trunk]]\nname = 'a'\nhosts = ['{host}']")
    assert site.trunks[0].hosts == (host,)


def test_opening_hours_are_read_by_day() -> None:
    site = parse_site(SMALLEST + "[opening]\nsat = ['09:00-12:00', '13:00-24:00']\nholidays = [2026-10-01]")
    assert site.opening is not None
    assert dict(site.opening.days())["sat"] == ("09:00-12:00", "13:00-24:00")
    assert [day for day, spans in site.opening.days() if not spans] == ["mon", "tue", "wed", "thu", "fri", "sun"]
    assert site.opening.holidays == (datetime.date(2026, 10, 1),)


def test_a_machine_without_time_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> ZoneInfo:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr("zoneinfo.available_timezones", set)
    monkeypatch.setattr("zoneinfo.ZoneInfo", none)
    assert "Install the package tzdata" in refused(SMALLEST)


def test_each_time_zone_of_this_machine_is_taken() -> None:
    site = parse_site(SMALLEST)
    for name in (*available_timezones(), "Asia/Shanghai"):
        assert list(contradictions(replace(site, time_zone=name))) == [], name


@pytest.mark.parametrize(
    "name", ["", "Asia", "Asia/shanghai", "right/Asia/Shanghai", "../zoneinfo/UTC", "/etc/localtime", "a\0"]
)
def test_what_is_no_time_zone_is_told(name: str) -> None:
    assert any("is no time zone" in fault for fault in contradictions(replace(parse_site(SMALLEST), time_zone=name)))


def test_targets_have_a_kind_and_a_name() -> None:
    assert target_of("queue:duty") == ("queue", "duty")
    assert target_of("agent:1001") == ("agent", "1001")
    assert target_of("hangup") == ("hangup", "")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "site.toml"
    with pytest.raises(ConfigError, match=r"site\.toml: cannot be read: No such file"):
        read_site(missing)
    missing.write_bytes('name = "某市"'.encode("gb18030"))
    with pytest.raises(ConfigError, match=r"site\.toml: is not UTF-8 \(byte 10\)\. Save it as UTF-8\."):
        read_site(missing)


def test_what_is_not_toml_is_told_with_its_line() -> None:
    assert re.match(r"site\.toml: this is not TOML: .*line 2", refused('name = "x"\nhotline = [;]'))


def test_a_site_made_by_hand_is_judged_by_the_same_rules() -> None:
    site = Site(
        name="x", hotline=("12345",), queues=(Queue(name="a", overflow="queue:b"),), trunks=(Trunk(name="t", hosts=()),)
    )
    assert len(list(contradictions(site))) == 2


# --- nothing that could break out of its place gets in -----------------------------------------------------------

HOSTILE = "\n\r\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029;\\\"'[]{}()<>$&|,=#!` \t"
FIELDS = [
    "name = {}" + SMALLEST.replace('name = "某市12345"\n', ""),
    SMALLEST.replace('["12345"]', "[{}]"),
    SMALLEST.replace('"hotline"', "{}"),
    "language = {}" + SMALLEST,
    "time_zone = {}" + SMALLEST,
    "var = {}" + SMALLEST,
    SMALLEST + "title = {}",
    SMALLEST + "number = {}",
    SMALLEST + "music = {}",
    SMALLEST + "overflow = {}",
    SMALLEST + "exits = {{ {} = 'hangup' }}",
    SMALLEST + "exits = {{ 1 = {} }}",
    SMALLEST + "[pbx]\nsystemname = {}",
    SMALLEST + "[pbx]\nversion = {}",
    SMALLEST + "[pbx.ami]\nuser = {}",
    SMALLEST + "[pbx.ami]\nbind = {}",
    SMALLEST + "[pbx.ami]\npermit = [{}]",
    SMALLEST + "[pbx.ami]\ntls_cert = {}",
    SMALLEST + "[pbx.folders]\nlog = {}",
    SMALLEST + "[sip]\nbind = {}",
    SMALLEST + "[recording]\nfolder = {}",
    SMALLEST + "[prompts]\nclosed = {}",
    SMALLEST + "[feature_codes]\npause = {}",
    SMALLEST + "[baseline]\nprompts = [{}]",
    SMALLEST + "[baseline]\nprompts = ['beep']\nkey = {}",
    SMALLEST + "[[trunk]]\nname = {}\nhosts = ['192.0.2.1']",
    SMALLEST + "[[trunk]]\nname = 'a'\nhosts = [{}]",
    SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['192.0.2.1']\nfrom_domain = {}",
    SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['192.0.2.1']\nfrom_user = {}",
    SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['192.0.2.1']\nusername = {}",
    SMALLEST + "[[trunk]]\nname = 'a'\nhosts = ['192.0.2.1']\nnumbers = [{}]",
]
GOOD = ["hotline", "12345", "a", "1", "queue:hotline", "beep", "*11", "22", "en", "192.0.2.1", "/var/log"]


def quoted(value: str) -> str:
    """A TOML string of any characters."""
    return (
        '"'
        + "".join(char if char in string.ascii_letters + string.digits else f"\\U{ord(char):08X}" for char in value)
        + '"'
    )


@pytest.mark.parametrize("field", FIELDS)
@settings(max_examples=30, deadline=None)
@given(good=st.sampled_from(GOOD), bad=st.sampled_from(list('\n\r\0\x85\u2028;\\"[]$|`<>{}')), at=st.integers(0, 20))
def test_no_text_takes_a_character_that_ends_a_line_or_a_value(field: str, good: str, bad: str, at: int) -> None:
    at = min(at, len(good))
    with pytest.raises(ConfigError):
        parse_site(field.format(quoted(good[:at] + bad + good[at:])))


@pytest.mark.parametrize("field", [field for field in FIELDS if "title" not in field and not field.startswith("name")])
@settings(max_examples=30, deadline=None)
@given(value=st.text(alphabet=HOSTILE + "ab1", min_size=1, max_size=12))
def test_what_a_text_takes_is_harmless_in_any_argument(field: str, value: str) -> None:
    try:
        parse_site(field.format(quoted(value)))
    except ConfigError:
        return
    assert set(value) <= set("ab1#")
