"""What callers and agents do, as SIPp reads it."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.errors import LabError
from zhitong.lab.roles import (
    Account,
    Agent,
    Caller,
    Keys,
    Offer,
    accounts_csv,
    agents_csv,
    callers_csv,
    refusals,
)


def rows(text: str) -> list[list[str]]:
    """The rows of an injection file, read as SIPp does: a mode line, then fields between semicolons."""
    mode, *lines = text.splitlines()
    assert mode == "SEQUENTIAL"
    return list(csv.reader(StringIO("\n".join(lines)), delimiter=";", quoting=csv.QUOTE_NONE))


def caller(**changes: object) -> Caller:
    return Caller(**{"number": "13800000001", "dialled": "12345", **changes})  # type: ignore[arg-type]


class TestCallers:
    def test_one_row_for_each_call_in_the_order_of_their_starts(self) -> None:
        late, early = caller(number="2", start_at=1.5), caller(number="1", start_at=0.25)
        assert [(row[0], row[3]) for row in rows(callers_csv([late, early], 1_000_000))] == [
            ("1", "1000250"),
            ("2", "1001500"),
        ]

    def test_what_is_not_said_lasts_longer_than_any_lab(self) -> None:
        _, _, _, _, patience, talk, keys, name = rows(callers_csv([caller()], 0))[0]
        assert int(patience) > 20 * 24 * 3600 * 1000
        assert int(talk) > 20 * 24 * 3600 * 1000
        assert max(int(patience), int(talk)) < 2**31
        assert (keys, name) == ("", "")

    def test_a_name_is_quoted_for_sip_and_kept_plain_for_the_log(self) -> None:
        row = rows(callers_csv([caller(name='张"三\\')], 0))[0]
        assert row[1] == '"张\\"三\\\\" '
        assert row[7] == '张"三\\'

    @pytest.mark.parametrize("name", ["a;b", "a\tb", "a\nb", "a\rb", "a\0b"])
    def test_a_name_that_would_break_the_file_is_refused(self, name: str) -> None:
        with pytest.raises(LabError, match="name"):
            callers_csv([caller(name=name)], 0)

    @pytest.mark.parametrize("field", ["number", "dialled"])
    @pytest.mark.parametrize("value", ["", "1;2", "1 2", "1\n2", "<sip:1>", '1"', "1@2", "x" * 61])
    def test_a_number_that_would_break_the_message_is_refused(self, field: str, value: str) -> None:
        with pytest.raises(LabError, match="number"):
            callers_csv([caller(**{field: value})], 0)

    def test_keys_are_pressed_within_the_talk(self) -> None:
        keys = (Keys(1.0, "12"), Keys(0.5, "#"))
        row = rows(callers_csv([caller(talk_s=5.0, keys=keys)], 0))[0]
        assert row[6] == "1000:12 500:#"
        # 5 s after the answer, less 1.5 s of waiting and three digits of 120 ms.
        assert row[5] == str(5000 - 1500 - 3 * 120)

    def test_keys_that_do_not_fit_into_the_talk_are_refused(self) -> None:
        with pytest.raises(LabError, match="longer than the talk"):
            callers_csv([caller(talk_s=1.0, keys=(Keys(1.0, "1"),))], 0)

    @pytest.mark.parametrize("digits", ["", "1 2", "E", "1:2", "1;2"])
    def test_only_keys_of_a_telephone(self, digits: str) -> None:
        with pytest.raises(LabError, match="keys"):
            callers_csv([caller(keys=(Keys(1.0, digits),))], 0)

    @pytest.mark.parametrize("seconds", [-0.001, float("nan"), float("inf"), 3e6])
    def test_only_times_a_phone_can_keep(self, seconds: float) -> None:
        with pytest.raises(LabError, match="no time"):
            callers_csv([caller(give_up_after_s=seconds)], 0)

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
    def test_no_name_whatever_changes_the_number_of_fields(self, name: str) -> None:
        try:
            text = callers_csv([caller(name=name)], 0)
        except LabError:
            return
        body = text.removeprefix("SEQUENTIAL\n").removesuffix("\n")
        assert body.count(";") == 7
        assert "\n" not in body


class TestAgents:
    AGENTS = (
        Agent("8001", (Offer(ring_s=1.0), Offer(ring_s=2.0, refuse=486), Offer(ring_s=None))),
        Agent("8002", (Offer(ring_s=0.5, talk_s=3.0, transfer_to="8001"),)),
    )

    def met(self, number: str, count: int) -> list[list[str]]:
        """What an agent's first offers meet, following the pointers as SIPp does."""
        phones, offers = map(rows, agents_csv(self.AGENTS))
        row = next(int(line) for phone, line in phones if phone == number)
        seen = []
        for _ in range(count):
            seen.append(offers[row][:5])
            row = int(offers[row][5])
        return seen

    def test_each_offer_points_at_the_next_and_the_last_at_the_first(self) -> None:
        assert [ring for ring, *_ in self.met("8001", 5)] == ["1000", "2000", "2000000000", "1000", "2000"]
        assert [ring for ring, *_ in self.met("8002", 3)] == ["500", "500", "500"]

    def test_answer_refusal_and_transfer(self) -> None:
        assert self.met("8001", 2)[1][1] == "486"
        assert self.met("8002", 1)[0] == ["500", "200", "3000", "", "8001"]

    def test_no_agent_stands_in_row_0_which_sipp_cannot_print(self) -> None:
        phones, _ = map(rows, agents_csv(self.AGENTS))
        assert phones[0][0] not in {"8001", "8002"}

    def test_the_scenario_learns_every_refusal_and_404(self) -> None:
        assert refusals(self.AGENTS) == (404, 486)
        assert refusals([]) == (404,)

    @pytest.mark.parametrize("code", [0, 100, 180, 302, 399, 700])
    def test_only_a_refusal_refuses(self, code: int) -> None:
        with pytest.raises(LabError, match="400 to 699"):
            agents_csv([Agent("8001", (Offer(refuse=code),))])

    def test_a_transfer_needs_a_time(self) -> None:
        with pytest.raises(LabError, match="talk_s"):
            agents_csv([Agent("8001", (Offer(transfer_to="8002"),))])

    def test_a_number_that_would_break_the_file_is_refused(self) -> None:
        with pytest.raises(LabError, match="agent's number"):
            agents_csv([Agent("80;01")])


def test_accounts() -> None:
    assert rows(accounts_csv([Account("8001", "s3cret")])) == [["8001", "s3cret"]]
    with pytest.raises(LabError, match="password"):
        accounts_csv([Account("8001", "a;b")])
