"""Where a site's logs are read: on this machine, or through the journal agent beside the PBX."""

from pathlib import Path

from telephony.config import Site
from telephony.errors import ConfigError
from telephony.journal.files import LocalLogs, Logs
from telephony.journal.remote import RemoteLogs


def logs_of(site: Site, token: str | None) -> Logs | None:
    """The logs; None when Asterisk's log folder is not on this machine and no agent is named. ``token``: the agent's,
    from secrets.toml. ``close`` them. Raises ConfigError: no token, or a certificate that cannot be read."""
    if site.pbx.journal.url is not None:
        return remote_logs_of(site, token)
    folder = Path(site.pbx.folders.log)
    return LocalLogs(folder) if folder.is_dir() else None


def remote_logs_of(site: Site, token: str | None) -> RemoteLogs:
    """The same, for a site that names an agent."""
    agent = site.pbx.journal
    assert agent.url is not None
    if token is None:
        raise ConfigError(
            "secrets.toml: journal: the journal agent's token is missing, and site.toml names one (pbx.journal.url)."
            ' Write it there as journal = "…"; it stands in the file `token` beside the agent.'
        )
    return RemoteLogs(agent.url, token, Path(agent.tls_cert))
