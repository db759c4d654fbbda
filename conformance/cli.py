"""The command line: ``python -m conformance COMMAND``. Every command is a module of ``commands``."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from conformance import commands
from conformance.commands import CommandError

USAGE = 2
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """A parser that answers a wrong call with one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: error: {message} (--help shows how)\n")


def every_command() -> dict[str, ModuleType]:
    """All commands by the name that a user types."""
    found = {}
    for module in pkgutil.iter_modules(commands.__path__):
        loaded = importlib.import_module(f"{commands.__name__}.{module.name}")
        if hasattr(loaded, "run"):
            found[module.name.replace("_", "-")] = loaded
    return found


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = _Parser(
        prog="python -m conformance",
        description="Does this PyTorch do what a tensor library must do? The suite itself runs with pytest suites.",
        epilog="exit status: 0 well, 1 something broke or regressed, 2 a wrong call or an unreadable file, "
        "4 runs that cannot be compared, 5 nothing was shown",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in every_command().items():
        subparser = subparsers.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(subparser)
        subparser.set_defaults(perform=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. What the user can mend is one line on standard error."""
    arguments = make_parser().parse_args(argv)
    try:
        status: int = arguments.perform(arguments)
        sys.stdout.flush()
        return status
    except CommandError as error:
        print(f"python -m conformance {arguments.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # The reader has seen enough (head, less): what Python would still flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
