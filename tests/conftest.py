"""What long tests tell of themselves (``record_property("told", …)``) stands at the end of a run, also when they ran in
other processes and passed."""

from pytest import TerminalReporter, TestReport

TOLD = "told"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for report in reports:
        if isinstance(report, TestReport) and report.when == "call":
            for name, value in report.user_properties:
                if name == TOLD:
                    terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
