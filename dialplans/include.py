"""Into an Asterisk that is there already: which line goes into which of its files. README.md tells it to people."""

from typing import NamedTuple


class Step(NamedTuple):
    """``#include <ours>`` as the last line of ``theirs``; ``sections``: what must stand in ``theirs`` before it."""

    ours: str
    theirs: str
    sections: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        return f"#include {self.ours}"


PLAIN = (
    Step("zhitong-extensions.conf", "extensions.conf"),
    Step("zhitong-queues.conf", "queues.conf", ("general",)),
    Step("zhitong-pjsip.conf", "pjsip.conf"),
    Step("zhitong-manager.conf", "manager.conf", ("general",)),
    Step("zhitong-features.conf", "features.conf", ("general", "featuremap")),
    Step("zhitong-confbridge.conf", "confbridge.conf"),
    Step("zhitong-musiconhold.conf", "musiconhold.conf"),
    Step("zhitong-cel.conf", "cel.conf", ("general",)),
    Step("zhitong-cel_custom.conf", "cel_custom.conf", ("mappings",)),
    Step("zhitong-cdr.conf", "cdr.conf", ("general",)),
    Step("zhitong-cdr_custom.conf", "cdr_custom.conf", ("mappings",)),
    Step("zhitong-logger.conf", "logger.conf", ("general",)),
)
"""An Asterisk whose files are written by hand."""

FREEPBX = (
    Step("zhitong-extensions.conf", "extensions_custom.conf"),
    Step("zhitong-queues.conf", "queues_post_custom.conf"),
    Step("zhitong-manager.conf", "manager_custom.conf"),
    Step("zhitong-features.conf", "features_applicationmap_custom.conf"),
    Step("zhitong-confbridge.conf", "confbridge_custom.conf"),
    Step("zhitong-musiconhold.conf", "musiconhold_custom.conf"),
    Step("zhitong-cel.conf", "cel_custom_post.conf"),
    Step("zhitong-cel_custom.conf", "cel_custom.conf", ("mappings",)),
    Step("zhitong-cdr.conf", "cdr.conf", ("general",)),
    Step("zhitong-cdr_custom.conf", "cdr_custom.conf", ("mappings",)),
    Step("zhitong-logger.conf", "logger_logfiles_custom.conf"),
)
"""FreePBX writes its own files anew at every *Apply Config*; these are the ones it leaves alone. Its extensions and
trunks are made in its own screens, so ``zhitong-pjsip.conf`` is not used there."""
