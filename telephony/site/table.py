"""What every table of site.toml has in common."""

import msgspec


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of site.toml: frozen, and strict about its keys."""
