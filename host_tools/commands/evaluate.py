"""`host-tools evaluate`: score many models and variants on a Dask cluster."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder, options_from, positive
from edge_app.model.interpreter.runtimes import CHOICES

EXAMPLES = """examples:
  host-tools evaluate --scheduler local:2 --model street --dataset camvid:CamVid
  host-tools evaluate --scheduler tcp://big:8786 --model models/a --model models/b \\
      --dataset cityscapes:/shared/cityscapes --out results

  dask scheduler                                              on one machine, and
  dask worker tcp://big:8786 --nthreads 1 --nworkers 4        on every other

A Dask scheduler and its workers are open: whoever reaches their ports can run any code on these
machines. tcp:// is for a network of your own. With tls://, all of them need a certificate:
  host-tools evaluate --scheduler tls://big:8786 --tls-ca-file ca.pem --tls-cert me.pem \\
      --model street --dataset camvid:CamVid
  dask scheduler --protocol tls --tls-ca-file ca.pem --tls-cert big.pem
  dask worker tls://big:8786 --tls-ca-file ca.pem --tls-cert pi.pem

OUT then holds MODEL/evaluation.json with every count, as edge-app evaluate writes it, and the
confusion matrices as images. Ctrl-C or a lost worker lose nothing that was counted: the same
command continues. edge-app evaluate with --out OUT/MODEL draws the worst frames.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    text = "a running scheduler, or N worker processes on this machine"
    address = "tcp://HOST:PORT|tls://HOST:PORT|local:N"
    parser.add_argument("--scheduler", required=True, metavar=address, help=text)
    text = (
        "a shipped model, or a model folder or .tflite file with the same path on every worker; "
        "may be repeated"
    )
    parser.add_argument("--model", action="append", required=True, metavar="M", help=text)
    text = "camvid:DIR, cityscapes:DIR, driveseg:TAR, idx:IMAGES,LABELS, or KIND:IMAGES,TRUTH"
    parser.add_argument("--dataset", required=True, metavar="KIND:PATH", help=text)
    add = OptionAdder(parser)
    add.value("--variants", "LIST", "names with commas (default: all)", default="all")
    add.value("--chunk", "N", "frames per job (default: 16, of digits 1000)", positive)
    text = "inference runtime (default: the first that is installed)"
    add.choice("--runtime", CHOICES, text, "auto")
    text = "certificates of who signed those of a tls:// cluster (default: Dask's configuration)"
    add.value("--tls-ca-file", "FILE", text, Path)
    add.value("--tls-cert", "FILE", "own certificate (default: Dask's configuration)", Path)
    add.value("--tls-key", "FILE", "its key (default: in the file of --tls-cert)", Path)
    add.flag("--anew", "start over (default: continue from what OUT holds)")
    folder = Path("evaluation")
    add.value("--out", "DIR", "folder of the results (default: evaluation)", Path, folder)


def run(options: argparse.Namespace) -> int:
    """Evaluate, print the scores; return 130 after Ctrl-C."""
    from rich.markup import escape

    from edge_app.console import TextConsole, print_markup, print_wrapped
    from edge_app.errors import UsageError
    from edge_app.evaluate.dataset import ImageSet, parse_dataset
    from edge_app.evaluate.evaluation_output import print_evaluation
    from edge_app.model.catalog import resolve_model
    from edge_app.output_place import check_outputs, reserved
    from edge_app.style import count
    from host_tools.cluster.cluster_evaluation import ClusterOptions, evaluate
    from host_tools.cluster.connection import connected, worker_count
    from host_tools.cluster.scheduler_tls import SchedulerTls, open_warning

    console = TextConsole()
    check_outputs(folders=[options.out])
    dataset = parse_dataset(options.dataset)
    ImageSet(dataset)  # what cannot be read is an error before a cluster starts
    specs = [resolve_model(name, runtime=options.runtime) for name in options.model]
    if len({spec.name for spec in specs}) < len(specs):
        raise UsageError("two of the models have the same name; evaluate one of them alone")
    wanted = options_from(options, ClusterOptions, start_over=options.anew)
    folders = [options.out / spec.file_stem for spec in specs]
    tls = SchedulerTls(options.tls_ca_file, options.tls_cert, options.tls_key)
    with reserved(folders=folders), connected(options.scheduler, tls) as client:
        print_markup(
            console, f"{client.scheduler.address}: {count(worker_count(client), 'worker')}"
        )
        if warning := open_warning(client.scheduler.address):
            print_wrapped(console, f"[yellow]{escape(warning)}[/]")
        try:
            results = evaluate(client, specs, dataset, wanted, console)
        except KeyboardInterrupt:
            print_markup(console, "stopped; the counts so far are kept, the same command continues")
            return 130
    for name, result in results.items():
        print_evaluation(console, result, options.out / name)
    return 0
