"""The command `backfile`.

Nothing heavy is imported before a command runs: `backfile --help` is instant.
"""

import atexit
import gc
import os
import sys

import typer

from shell import asking, jobs, keeping, keys, reading, serving, sources, writing
from shell.failures import Exit, Stop, explained

app = typer.Typer(
    name="backfile",
    help="An archive of articles: put them in, search them by meaning and by words, find what is related.",
    epilog="Exit codes: 0 done; 1 not found, or not wholly done; 2 misused; 3 archive or server unavailable; 4 API key refused.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for commands in (serving, writing, asking, reading, keeping):
    for command in commands.COMMANDS:
        app.command(command.__name__.removesuffix("_"))(command)
app.add_typer(jobs.app, name="jobs")
app.add_typer(sources.app, name="sources")
app.add_typer(keys.app, name="keys")


COLLECTING_AFTER = 20_000
"""New objects until garbage is looked for. A search makes some thousands, and importing what a command needs many more, none of
them in circles: Python's 700 cost a search 8 ms, and the start of a server 0.1 s."""


def run() -> None:
    """The entry point: whatever goes wrong is one clear line on stderr and an exit code (see shell.failures)."""
    gc.set_threshold(COLLECTING_AFTER)
    atexit.register(gc.freeze)  # at the very end 0.3 s would go into looking for circles among all modules
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.INCOMPLETE)
    except Exception as failure:
        stop = explained(failure)
        if stop is None:
            raise
        tell(stop)


def tell(stop: Stop) -> None:
    if stop.line:
        sys.stderr.write(f"backfile: {stop.line}\n")
    sys.exit(stop.code)


if __name__ == "__main__":
    run()
