"""Say what `host-tools evaluate` can be asked for."""

from __future__ import annotations

from pathlib import Path

from edge_app.commands.arg_types import Commands, add_command, positive
from edge_app.model.interpreter.runtimes import CHOICES

_EXAMPLES = """examples:
  host-tools evaluate --scheduler local:2 --model street --dataset camvid:CamVid
  host-tools evaluate --scheduler tcp://big:8786 --model models/a --model models/b \\
      --dataset cityscapes:/shared/cityscapes --out results

  dask scheduler                                              on one machine, and
  dask worker tcp://big:8786 --nthreads 1 --nworkers 4        on every other

OUT holds afterwards MODEL/evaluation.json with every count, as edge-app evaluate writes it, and
the confusion matrices as pictures. Ctrl-C or a lost worker lose nothing that was counted: the same
command goes on. edge-app evaluate with --out OUT/MODEL draws the worst frames.
"""


def add_evaluate(commands: Commands) -> None:
    """Add `evaluate`."""
    parser = add_command(
        commands, "evaluate", "score many models and variants on a Dask cluster", _EXAMPLES
    )
    parser.add_argument(
        "--scheduler",
        required=True,
        metavar="tcp://HOST:PORT|local:N",
        help="a running scheduler, or N worker processes on this machine",
    )
    parser.add_argument(
        "--model",
        action="append",
        required=True,
        metavar="M",
        help="a model folder, under the same path on every worker, or one that ships; repeatable",
    )
    parser.add_argument(
        "--dataset",
        required=True,
        metavar="KIND:PATH",
        help="camvid:DIR, cityscapes:DIR, driveseg:TAR, idx:IMAGES,LABELS, or KIND:PICTURES,TRUTH",
    )
    parser.add_argument("--variants", default="all", metavar="LIST", help="(all)")
    parser.add_argument(
        "--chunk", type=positive, metavar="N", help="frames per job (16, of digits 1000)"
    )
    parser.add_argument("--runtime", choices=CHOICES, default="auto")
    parser.add_argument("--anew", action="store_true", help="do not go on from what OUT holds")
    parser.add_argument("--out", type=Path, default=Path("evaluation"), metavar="DIR")
