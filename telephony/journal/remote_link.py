"""One kept HTTPS connection to the journal agent, used from one thread at a time. Every wait has an end."""

import http.client
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog

from telephony.errors import ConfigError
from telephony.journal.errors import AgentRefused, AgentUnreachable, JournalUnreadable
from telephony.journal.wire import PORT, Refusal

SILENCE_S = 5.0
"""The agent may say nothing for so long."""
ANSWER_S = 10.0
"""One answer may take so long: at 16 KiB a second a whole piece gets through."""
LONGEST = 4 << 20
"""Bytes of an answer at most: a listing of 4,000 files."""
FIRST_PAUSE_S, LAST_PAUSE_S, REFUSED_PAUSE_S = 1.0, 15.0, 60.0
"""Between tries in vain, doubled each time; after a refusal, which a person has to mend, always the longest."""

EXPIRES_SOON_S = 30 * 86_400
"""So long before the agent's certificate expires it is told of at each connection."""
_WORDS = 300
_BUSY = (429, 503)
_HUNG_UP = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)  # http.client.RemoteDisconnected is the first

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    status: int
    body: bytes


class Link:
    """Asks the agent at ``url``. Raises ConfigError for a port that is none, or a certificate that cannot be read."""

    def __init__(self, url: str, token: str, certificate: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._host, self._port = _place_of(url)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._certificate = certificate
        self._tls = _trusting(certificate)
        self._clock = clock
        self._connection: http.client.HTTPSConnection | None = None
        self._failures = 0
        self._not_before = 0.0
        self._last: JournalUnreadable | None = None
        self.certified_for_s: float | None = None
        """Seconds that the agent's certificate was valid for yet when we connected."""

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(
        self, method: str, path: str, query: Mapping[str, object] | None = None, *, but: Collection[int] = ()
    ) -> Answer:
        """The answer with status 200, or one of ``but``. Raises AgentUnreachable, AgentRefused, JournalUnreadable.

        For a while after a try in vain nothing is sent: the same error is raised at once.
        """
        if self._last is not None and self._clock() < self._not_before:
            raise self._last.with_traceback(None)
        try:
            answer = self._judged(self._exchange(method, path + "?" + urlencode(query or {})), but)
        except JournalUnreadable as error:
            self._note_failure(error)
            raise
        self._note_answer()
        return answer

    def no_agent(self, what: str) -> AgentUnreachable:
        """The error when ``what`` came."""
        return AgentUnreachable(f"{self.url} gave {what}: is it the journal agent, of the same version?")

    # --- one question -------------------------------------------------------------------------------------

    def _exchange(self, method: str, target: str) -> Answer:
        kept = self._connection is not None
        try:
            try:
                return self._once(method, target)
            except _HUNG_UP:
                if not kept:
                    raise
                self.close()  # the agent had closed the kept connection: asking twice changes nothing
                return self._once(method, target)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._unreachable(error) from error

    def _once(self, method: str, target: str) -> Answer:
        connection = self._connected()
        ends_at = self._clock() + ANSWER_S
        connection.request(method, target, headers=self._headers)
        with connection.getresponse() as response:
            body = bytearray()
            while piece := response.read1(1 << 16):
                body += piece
                if len(body) > LONGEST:
                    raise http.client.HTTPException("an answer without end")
                if self._clock() > ends_at:
                    raise TimeoutError(f"an answer took more than {ANSWER_S:g} s")
            if response.length:  # read1 does not say that the rest never came
                raise http.client.IncompleteRead(bytes(body), response.length)
            return Answer(response.status, bytes(body))

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=SILENCE_S, context=self._tls)
            connection.connect()
            self._connection = connection
            self._look_at_certificate(connection.sock)
        return self._connection

    def _look_at_certificate(self, link: ssl.SSLSocket) -> None:
        ends = (link.getpeercert() or {}).get("notAfter")
        self.certified_for_s = ssl.cert_time_to_seconds(ends) - time.time() if isinstance(ends, str) else None
        if self.certified_for_s is not None and self.certified_for_s < EXPIRES_SOON_S:
            log.warning("the journal agent's certificate expires soon; make a new one", url=self.url, on=ends)

    # --- what became of it --------------------------------------------------------------------------------

    def _judged(self, answer: Answer, but: Collection[int]) -> Answer:
        if answer.status == 200 or answer.status in but:
            return answer
        if answer.status == 401:
            raise AgentRefused(
                f"{self.url}: the journal agent refuses our token. Write the one in its file `token` into "
                'secrets.toml, as journal = "…".'
            )
        if answer.status in _BUSY:
            raise JournalUnreadable(f"{self.url}: the journal agent says: {_words(answer.body)}")
        raise self.no_agent(f"status {answer.status} ({_words(answer.body)})")

    def _unreachable(self, error: Exception) -> AgentUnreachable:
        if isinstance(error, ssl.SSLCertVerificationError):
            return AgentUnreachable(
                f"{self.url}: its certificate is not trusted ({error.verify_message}). Copy the agent's agent.crt to "
                f"{self._certificate}; it must have been made for this host name."
            )
        if isinstance(error, ssl.SSLError):
            return AgentUnreachable(f"{self.url}: no TLS ({error.reason or error}). Is this the journal agent's port?")
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return AgentUnreachable(
            f"{self.url}: the journal agent does not answer ({why}). Does it run beside the PBX, and does the firewall "
            "let us through? Asterisk keeps the rows meanwhile; they are read when it is back."
        )

    def _note_failure(self, error: JournalUnreadable) -> None:
        self._failures += 1
        pause = min(FIRST_PAUSE_S * 2 ** min(self._failures - 1, 10), LAST_PAUSE_S)
        if isinstance(error, AgentRefused):
            pause = REFUSED_PAUSE_S
        self._last, self._not_before = error, self._clock() + pause
        if (
            self._failures > 1 and self._failures.bit_count() == 1
        ):  # the 2nd, 4th, 8th … : a night must not fill the log
            log.warning("still no journal agent", failures=self._failures, why=str(error), retry_in_s=pause)

    def _note_answer(self) -> None:
        if self._last is not None:
            log.info("the journal agent answers again", url=self.url, failures=self._failures)
        self._failures, self._last = 0, None


def _place_of(url: str) -> tuple[str, int]:
    place = urlsplit(url)
    try:
        return place.hostname or "", place.port or PORT
    except ValueError as error:  # no port has so high a number
        raise ConfigError(f"pbx.journal.url: {url}: {error}.") from error


def _trusting(certificate: Path) -> ssl.SSLContext:
    """TLS 1.2 or later with whom this certificate names, and with nobody else."""
    try:
        context = ssl.create_default_context(cafile=certificate)
    except OSError as error:  # ssl.SSLError is one, too: what is there is no certificate
        why = "no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(
            f"pbx.journal.tls_cert: {certificate} cannot be read: {why}. Copy agent.crt of the journal agent there."
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _words(body: bytes) -> str:
    """The agent's own words: short, of one line."""
    try:
        said = msgspec.json.decode(body, type=Refusal).error
    except msgspec.DecodeError:
        said = "no reason given"
    return "".join(letter for letter in said if letter.isprintable())[:_WORDS]
