"""What the doctor says of the logs' settings and of their rotation."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from dialplans.include import PLAIN
from dialplans.render import Mode, render
from telephony.config import parse_site
from telephony.secrets import Secrets, generate
from tests.unit.dialplans.sites import BASE
from zhitong.cli.checks.findings import Finding, Severity
from zhitong.cli.checks.logrotate import judge_rotation, read_rules
from zhitong.cli.checks.logs import judge_logs

SITE = parse_site(BASE)
SECRETS = Secrets(ami=generate(), phones={}, trunks={"carrier": "-"})
NEW = render(SITE, (), SECRETS)


def found(files: Mapping[str, str]) -> list[tuple[str, Severity]]:
    return [(each.check, each.severity) for each in judge_logs(files, NEW)]


def test_what_is_rendered_is_in_order() -> None:
    assert found(NEW) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "check", "severity"),
    [
        ("cel.conf", "enable = yes", "enable = no", "cel", Severity.ERROR),
        ("cel.conf", "BRIDGE_ENTER,", "", "cel", Severity.ERROR),
        ("cel.conf", "events = ", "events = DTMF,", "cel", Severity.WARNING),
        ("cel.conf", "apps = queue,", "apps = ", "cel", Severity.ERROR),
        ("cel.conf", "enable = yes", "enable = yes\ndateformat = %F", "cel", Severity.ERROR),
        ("cel_custom.conf", "zhitong-cel.csv =>", "Master.csv =>", "cel", Severity.ERROR),
        ("cel_custom.conf", "${BRIDGEPEER}", "${CHANNEL(peer)}", "cel", Severity.ERROR),
        ("cdr.conf", "unanswered = yes", "unanswered = no", "cdr", Severity.WARNING),
        ("cdr.conf", "batch = no", "batch = yes", "cdr", Severity.WARNING),
        ("cdr_custom.conf", "zhitong-cdr.csv", "Simple.csv", "cdr", Severity.ERROR),
        ("logger.conf", "queue_log = yes", "queue_log = no", "queue-log", Severity.ERROR),
        ("queues.conf", "log_membername_as_agent = yes", "", "queue-log", Severity.WARNING),
    ],
)
def test_one_fault_at_a_time(name: str, old: str, new: str, check: str, severity: Severity) -> None:
    assert old in NEW[name]
    assert found({**NEW, name: NEW[name].replace(old, new)}) == [(check, severity)]


def test_no_cel_at_all() -> None:
    without = {name: text for name, text in NEW.items() if not name.startswith("cel")}
    assert found(without) == [("cel", Severity.ERROR)] * 2


def test_a_queue_log_in_a_database() -> None:
    realtime = {**NEW, "extconfig.conf": "[settings]\nqueue_log => odbc,asterisk\n"}
    assert found(realtime) == [("queue-log", Severity.ERROR)]
    assert found({**NEW, "extconfig.conf": "[settings]\n;queue_log => odbc,asterisk\n"}) == []


def in_a_pbx_of_its_own(**theirs: str) -> dict[str, str]:
    """Our files beside a person's, each taken in by one line."""
    ours = render(SITE, (), SECRETS, mode=Mode.INCLUDE)
    files = {
        step.theirs: "".join(f"[{section}]\n" for section in step.sections or ("x",)) + f"#include {step.ours}\n"
        for step in PLAIN
    }
    return {**ours, **files, **{f"{name}.conf": text for name, text in theirs.items()}}


def test_our_files_taken_in_by_a_persons_own() -> None:
    assert found(in_a_pbx_of_its_own()) == []
    quoted = in_a_pbx_of_its_own(cel='[general]\n#tryinclude "zhitong-cel.conf"\n')
    assert found(quoted) == []


def test_a_file_that_nobody_takes_in() -> None:
    files = in_a_pbx_of_its_own(cel="[general]\nenable = no\n")
    assert found(files) == [("logs", Severity.ERROR), ("cel", Severity.ERROR)]


def test_what_stands_below_ours_counts() -> None:
    files = in_a_pbx_of_its_own(cel="[general]\n#include zhitong-cel.conf\nenable = no\n")
    assert found(files) == [("cel", Severity.ERROR)]


def test_a_copy_of_our_files_alone() -> None:
    assert found(render(SITE, (), SECRETS, mode=Mode.INCLUDE)) == []


# --- rotation ---------------------------------------------------------------------------------------------

LOG = Path("/var/log/asterisk")
LOGS = [LOG / "cel-custom" / "zhitong-cel.csv", LOG / "queue_log", LOG / "cdr-custom" / "zhitong-cdr.csv"]
GOOD = """
/var/log/asterisk/cel-custom/zhitong-cel.csv /var/log/asterisk/cdr-custom/zhitong-cdr.csv
/var/log/asterisk/queue_log {
    daily
    rotate 30
    missingok
    compress
    delaycompress
    create 0640 asterisk asterisk
    sharedscripts
    postrotate
        /usr/sbin/asterisk -rx 'logger reload' > /dev/null 2>&1 || true
    endscript
}
"""


def rotation(tmp_path: Path, text: str, conf: str = "") -> list[Finding]:
    folder = tmp_path / "logrotate.d"
    folder.mkdir()
    (folder / "asterisk").write_text(text, encoding="utf-8")
    (tmp_path / "logrotate.conf").write_text(conf, encoding="utf-8")
    return list(judge_rotation(LOGS, read_rules(tmp_path / "logrotate.conf", folder)))


def test_the_sample_loses_nothing(tmp_path: Path) -> None:
    (finding,) = rotation(tmp_path, GOOD, "weekly\nrotate 4\ncreate\n#compress\n")
    assert (finding.check, finding.severity) == ("rotation", Severity.OK)


def test_the_sample_is_the_one_of_the_docs() -> None:
    page = Path(__file__).parents[4] / "docs" / "operations.md"
    assert GOOD.strip() in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "severities"),
    [
        ("delaycompress", "copytruncate", [Severity.ERROR, Severity.WARNING] * 3),
        ("    delaycompress\n", "", [Severity.WARNING] * 3),
        ("logger reload", "dialplan reload", [Severity.ERROR]),
        ("missingok", "olddir /var/log/old", [Severity.WARNING] * 3),
        ("/var/log/asterisk/queue_log ", "", [Severity.NOTE]),
        ("/var/log/asterisk", "/somewhere", [Severity.NOTE]),
    ],
)
def test_rotations_that_lose(tmp_path: Path, old: str, new: str, severities: list[Severity]) -> None:
    assert [each.severity for each in rotation(tmp_path, GOOD.replace(old, new))] == severities


def test_a_glob_and_directives_for_all(tmp_path: Path) -> None:
    script = "  postrotate\n  asterisk -rx 'core reload'\n  endscript\n"
    text = f"/var/log/asterisk/*log /var/log/asterisk/*/*.csv {{\n{script}}}\n"
    assert {each.severity for each in rotation(tmp_path, text, "copytruncate\n")} == {Severity.ERROR}


def test_without_logrotate(tmp_path: Path) -> None:
    rules = read_rules(tmp_path / "none.conf", tmp_path / "none.d")
    assert rules == []
    (finding,) = judge_rotation(LOGS, rules)
    assert finding.severity is Severity.NOTE


def test_a_log_that_has_grown_big(tmp_path: Path) -> None:
    big = tmp_path / "queue_log"
    with big.open("wb") as file:
        file.truncate((1 << 30) + 1)
    (finding,) = judge_rotation([big], [])
    assert finding.severity is Severity.WARNING
