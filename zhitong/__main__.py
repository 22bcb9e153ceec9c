"""``python -m zhitong`` is the ``zhitong`` command."""

from zhitong.cli.main import main

main()
