"""The commands, put together."""

import typer

from gpu_im2rec import __version__
from gpu_im2rec.cli.bench import bench
from gpu_im2rec.cli.cat import cat
from gpu_im2rec.cli.convert import convert
from gpu_im2rec.cli.doctor import doctor
from gpu_im2rec.cli.index import index
from gpu_im2rec.cli.info import info
from gpu_im2rec.cli.list import list_
from gpu_im2rec.cli.merge import merge
from gpu_im2rec.cli.output import prepare
from gpu_im2rec.cli.pack import pack
from gpu_im2rec.cli.plan import plan
from gpu_im2rec.cli.repair import repair
from gpu_im2rec.cli.report import report
from gpu_im2rec.cli.sheet import sheet
from gpu_im2rec.cli.split import split
from gpu_im2rec.cli.unpack import unpack
from gpu_im2rec.cli.usage_errors import Commands
from gpu_im2rec.cli.verify import verify
from gpu_im2rec.cli.view import view

app = typer.Typer(
    name="gpu-im2rec",
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command("list")(list_)
app.command()(pack)
app.command()(unpack)
app.command()(cat)
app.command()(index)
app.command()(convert)
app.command()(merge)
app.command()(split)
app.command()(info)
app.command()(sheet)
app.command()(report)
app.command()(verify)
app.command()(view)
app.command()(repair)
app.command()(bench)
app.command()(plan)
app.command()(doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gpu-im2rec {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Pack folders of pictures into MXNet RecordIO files (.rec + .idx) for training.

    First make a list, then pack it:

    gpu-im2rec list faces photos/ --recursive

    gpu-im2rec pack faces.lst photos/ faces.rec --resize 256
    """


def main() -> None:
    """Entry point of the console script."""
    prepare()
    app()
