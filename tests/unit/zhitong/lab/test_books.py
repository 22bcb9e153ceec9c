"""The phones' logs, read back."""

from pathlib import Path

from zhitong.lab.books import COLUMNS, Line, fold, parse, read

HEADER = "\t".join(COLUMNS)


def row(epoch: str, role: str, event: str, call: str = "c1", detail: str = "") -> str:
    number, other = ("13800000001", "12345") if role == "caller" else ("8001", "13800000001")
    return f"2026-11-23\t04:44:52.219482\t{epoch}\t{role}\t{event}\t{number}\t{other}\t{call}\t{detail}"


def lines(*rows: str) -> list[Line]:
    return [parse(one) for one in rows]


def test_a_line() -> None:
    told = parse(row("1795409092.219482", "caller", "ringing", detail="180"))
    assert told == Line(1795409092.219482, "caller", "ringing", "13800000001", "12345", "c1", "180")


def test_microseconds_are_kept() -> None:
    first, second = lines(row("1795409092.219482", "caller", "invite_sent"), row("1795409092.219483", "caller", "end"))
    assert round((second.at - first.at) * 1e6) == 1


class TestRead:
    def test_a_log_that_is_not_there_yet_is_empty(self, tmp_path: Path) -> None:
        assert read(tmp_path / "callers.tsv") == []

    def test_the_header_and_a_torn_last_line_are_no_events(self, tmp_path: Path) -> None:
        path = tmp_path / "callers.tsv"
        whole = row("1.000001", "caller", "invite_sent")
        path.write_text(f"{HEADER}\n{whole}\n{whole[:40]}", encoding="utf-8")
        assert read(path) == [parse(whole)]

    def test_every_cut_gives_whole_lines_only(self, tmp_path: Path) -> None:
        path = tmp_path / "callers.tsv"
        text = f"{HEADER}\n" + "".join(
            row(f"{number}.5", "caller", event, detail="张三") + "\n"
            for number, event in enumerate(("invite_sent", "ringing", "answered"))
        )
        data = text.encode()
        for cut in range(len(data) + 1):
            path.write_bytes(data[:cut])
            told = read(path)
            assert len(told) == max(0, data[:cut].count(b"\n") - 1)
            assert all(line.detail == "张三" for line in told)


class TestFold:
    def test_an_answered_call_of_a_caller(self) -> None:
        (call,) = fold(
            lines(
                row("10.0", "caller", "invite_sent", detail="张三"),
                row("10.1", "caller", "ringing", detail="180"),
                row("10.2", "caller", "ringing", detail="183"),
                row("12.0", "caller", "answered", detail="200"),
                row("15.0", "caller", "bye_sent"),
                row("15.1", "caller", "end", detail="200"),
            )
        )
        assert (call.invited_at, call.ringing_at, call.answered_at, call.ended_at) == (10.0, 10.1, 12.0, 15.0)
        assert (call.number, call.other, call.status, call.hung_up) == ("13800000001", "12345", 200, "us")

    def test_a_cancelled_offer_of_an_agent(self) -> None:
        (call,) = fold(
            lines(
                row("10.0", "agent", "invite_received"),
                row("10.1", "agent", "ringing_sent"),
                row("11.0", "agent", "cancel_received"),
                row("11.1", "agent", "end", detail="487"),
            )
        )
        assert (call.answered_at, call.ended_at, call.status, call.hung_up) == (None, 11.0, 487, "")

    def test_who_hung_up(self) -> None:
        (call,) = fold(lines(row("1.0", "agent", "invite_received"), row("2.0", "agent", "bye_received")))
        assert (call.hung_up, call.ended_at) == ("them", 2.0)

    def test_a_call_that_goes_on_has_no_end_and_no_status(self) -> None:
        (call,) = fold(lines(row("1.0", "caller", "invite_sent"), row("2.0", "caller", "answered", detail="200")))
        assert (call.ended_at, call.status) == (None, 0)

    def test_one_call_id_of_caller_and_agent_is_two_calls(self) -> None:
        calls = fold(lines(row("1.0", "caller", "invite_sent"), row("1.1", "agent", "invite_received")))
        assert [call.role for call in calls] == ["caller", "agent"]

    def test_calls_come_in_the_order_of_their_first_lines(self) -> None:
        calls = fold(
            lines(
                row("1.0", "caller", "invite_sent", "b"),
                row("1.1", "caller", "invite_sent", "a"),
                row("1.2", "caller", "end", "b", "404"),
            )
        )
        assert [(call.call_id, call.status) for call in calls] == [("b", 404), ("a", 0)]
