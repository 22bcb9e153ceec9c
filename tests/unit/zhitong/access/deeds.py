"""The audit log read by who knows nothing of our code: JSON lines, and a hash over what stands before the hash."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any


def written(var: Path, chain: str = "commands") -> str:
    """All of a chain, as it stands."""
    return "".join(file.read_text(encoding="utf-8") for file in sorted((var / "audit" / chain).glob("*.jsonl")))


def deeds(var: Path, chain: str = "commands") -> list[dict[str, Any]]:
    """What people did, each with its details beside; the log's own lines left out. Every hash is computed anew."""
    lines, before = [], "0" * 64
    for raw in written(var, chain).split("\n")[:-1]:
        body, digest = re.fullmatch(r'(.*),"hash":"([0-9a-f]{64})"\}', raw).groups()  # type: ignore[union-attr]
        assert hashlib.sha256(f"{body}}}".encode()).hexdigest() == digest
        line = json.loads(raw)
        assert line["prev"] == before
        before = digest
        lines.append({"at": line["at"], "by": line["by"], "deed": line["deed"], **line["details"]})
    return [line for line in lines if line["by"] != "zhitong"]
