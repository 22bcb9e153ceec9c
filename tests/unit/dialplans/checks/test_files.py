"""Each rule of files finds its fault, at its line, and nothing once it is cured."""

import pytest

from dialplans.check import check_files
from dialplans.checks.table import OF_FILES
from dialplans.findings import Finding, Level
from tests.unit.dialplans.checks.faulty import FAULTY, Faulty


def found(rule: str, files: dict[str, str]) -> list[Finding]:
    return [finding for finding in check_files(files) if finding.rule == rule]


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: f"{case.rule}-{case.at[0]}")
def test_a_rule_finds_its_fault_and_leaves_the_cured_alone(case: Faulty) -> None:
    findings = found(case.rule, case.files)
    assert tuple(dict.fromkeys(finding.where for finding in findings)) == case.at
    assert all(finding.remedy for finding in findings)
    file, old, new = case.cure
    assert old in case.files[file]
    assert found(case.rule, {**case.files, file: case.files[file].replace(old, new)}) == []


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in FAULTY} == {rule.name for rule in OF_FILES}
    assert len({rule.name for rule in OF_FILES}) == len(OF_FILES)


def test_what_is_not_ours_is_a_warning_and_ours_an_error() -> None:
    (theirs,) = found("no-target", {"extensions.conf": "[from-pstn]\nexten => s,1,Goto(nowhere,s,1)\n"})
    (ours,) = found("no-target", {"extensions.conf": "[zt-phone]\nexten => s,1,Goto(nowhere,s,1)\n"})
    assert (theirs.level, ours.level) == (Level.WARNING, Level.ERROR)


def test_a_password_is_never_shown() -> None:
    files = {"pjsip.conf": "[1]\ntype=auth\npassword=hunter2\n[2]\ntype=auth\npassword=secret123\n"}
    assert [finding.level for finding in found("weak-secret", files)] == [Level.WARNING, Level.ERROR]
    assert not any("hunter" in str(finding) or "secret123" in str(finding) for finding in check_files(files))


def test_what_another_language_defines_is_not_missed() -> None:
    files = {"extensions.conf": "[a]\nexten => 1,1,Goto(b,s,1)\ninclude => c\n", "extensions.ael": ""}
    assert check_files(files) == []
    switched = {"extensions.conf": "[a]\nexten => 1,1,Goto(b,s,1)\n[b]\nswitch => Realtime/b@extensions\n"}
    assert found("no-target", switched) == []
