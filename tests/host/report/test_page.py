"""The report page as a reader gets it, and the command that makes it."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from edge_app.errors import EdgeError
from edge_app.frame import Image
from edge_app.model.card import read_card
from edge_app.python_environment import this_environment
from edge_app.results.model_card import ProofLink
from edge_app.style import NOTHING, variant_colour
from host_tools import cli
from host_tools.report.build_report import ReportOptions, build_report, by_model, collect
from host_tools.report.figures import Figures, Result, in_order
from host_tools.report.gallery import make_gallery, mark_difference
from host_tools.report.page import ModelSection, RenderedChart, page_template, render_page
from tests.support.made_results import bench, board, summary, write

pytest.importorskip("matplotlib", reason="needs the report extra: pip install -e '.[report]'")
markupsafe = pytest.importorskip(
    "markupsafe", reason="needs the report extra: pip install -e '.[report]'"
)
ROOT = Path(__file__).parents[3]
DIGITS = Path("samples") / "digits-images-idx3-ubyte.gz"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, assets: Path) -> Path:
    """Return the folder of a report of a bench, its runs, another machine and the digits."""
    folder = tmp_path_factory.mktemp("report")
    hot = board(model="Laptop <b>& Co</b>", throttled="0x50005")
    boards = {"before": hot, "after": hot}
    paths = [
        write(folder / "pi5.json", bench()),
        write(folder / "laptop.json", bench(("float32", "int8"), board=boards)),
        *(
            write(folder / name / "summary.json", summary(name))
            for name in ("float32", "float16", "dynamic_range", "int8")
        ),
    ]
    line = ["report", *map(str, paths), "--out", str(folder / "out"), "--samples", "2"]
    line += ["--gallery", str(assets / "models" / "mnist"), "--images", str(assets / DIGITS)]
    assert cli.main(line) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def text(out: Path) -> str:
    """Return the page without what is inlined."""
    page = (out / "index.html").read_text("utf-8")
    return re.sub(r"data:[^\"')]+", "data:", page)


def test_the_page_needs_nothing_beside_it(text: str) -> None:
    """Nothing is loaded from an address, and there is no script."""
    addresses = re.findall(r'(?:src|srcset)="([^"]*)"', text)
    assert addresses
    assert set(addresses) == {"data:"}
    assert "<link" not in text
    assert "<script" not in text
    assert "@import" not in text
    assert not re.search(r"url\((?!data:)", text)


def test_the_reference_is_named_and_linked(text: str) -> None:
    """At the top, where a reader asks whose figures these are, and with the machines."""
    address = "https://github.com/MahmoudAbderahman/post_training_quantization_with_TFLite"
    title = "Post-training quantization with TFLite (a thesis project, 2021)"
    assert f'Reference figures: <a href="{address}">{title}</a>' in text
    assert f'<th>source</th><td><a href="{address}">' in text


def test_links_lead_to_sections(text: str) -> None:
    """Every link within the page has its place."""
    for target in re.findall(r'href="#([^"]*)"', text):
        assert f'id="{target}"' in text


def test_charts_are_inlined_and_written(out: Path, text: str) -> None:
    """Each chart is a PNG file too, and on the page for light and for dark."""
    charts = sorted((out / "charts").glob("*.png"))
    assert len(charts) == text.count('class="chart"') == text.count("<source")
    for path in charts:
        image = cv2.imread(str(path))
        assert image is not None
        assert image.shape[1] == 880
    assert {f"street-{kind}.png" for kind in ("size", "fps", "stages", "pareto", "classes")} <= {
        path.name for path in charts
    }


def test_names_are_escaped(text: str) -> None:
    """What a file says of its machine is text, not markup."""
    assert "Laptop &lt;b&gt;&amp; Co&lt;/b&gt;" in text
    assert "<b>& Co" not in text


def test_sentences_compare_the_variants(text: str) -> None:
    """The sentence a reader looks for is there."""
    assert (
        "int8 is 2.5x faster than float32 (median network ms), loses 0.3 points of mIoU "
        "(.813 to .810) and has a file 3.2x smaller." in text
    )


def test_missing_values_are_dashes(text: str) -> None:
    """The reference published no time of its network alone; that is a dash, and not 0."""
    reference = text.split("Laptop (reference)")[-2]
    assert '<td class="num">\N{EN DASH}</td>' in text
    assert '<td class="num">0</td>' not in reference


def test_each_machine_is_listed_once(text: str) -> None:
    """What a board is stands once, with its files; how it was doing, for each of them."""
    machines = text.split('id="machines"')[1]
    assert machines.count("<h3>Raspberry Pi 5 Model B Rev 1.0</h3>") == 1
    assert "61.5 °C after (pi5.json)" in machines
    assert "post_training_quantization_with_TFLite" in machines


def test_the_gallery_shows_every_variant(text: str) -> None:
    """Two digits, four answers each, and how far they agree."""
    gallery = text.split('id="gallery"')[1].split('id="machines"')[0]
    assert gallery.count('class="digit"') == 2
    assert gallery.count("agrees with float32") == 2 * 3
    assert "dynamic_range: 100.0 %" in gallery


def decoded(content: bytes | None) -> Image:
    """Return an encoded image as uint8 (H, W, 3) BGR."""
    assert content is not None
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_the_gallery_shows_the_proof_chain(text: str, assets: Path) -> None:
    """As a table, with what is wrong in place of the difference; old cards have none."""
    assert "Proof chain" not in text
    wrong = ProofLink(link="delegate", variant="int8", first="XNNPACK", second="own", note="no")
    right = ProofLink(link="source", variant="float32", first="Keras", second="float32",
                      images=12, agreement=1.0, max_abs_error=2e-5)  # fmt: skip
    spec = replace(read_card(assets / "models" / "mnist"), proof=(right, wrong))
    gallery = make_gallery(spec, str(assets / DIGITS), 1, Progress(disable=True))
    page = render_page(page_template(), "title", "made", [], gallery)
    table = page.split("Proof chain")[1].split("</table>")[0]
    cells = re.findall(r"<td[^>]*>([^<]+)</td>", table)
    assert cells == [
        "Keras = float32",
        "12",
        "100.0 %",
        "2e-05",
        "XNNPACK = own",
        NOTHING,
        NOTHING,
        "no",
    ]


def test_a_street_gallery_marks_the_differences(tmp_path: Path, shared: Path) -> None:
    """Maps and overlays have the image's size; pixels that differ are marked."""
    from edge_app.label_sets import label_set
    from edge_app.model.card import InputSpec, ModelSpec, Variant

    folder = shared / "street_trial"
    variants = {name: Variant(name, folder / f"{name}.tflite", 1) for name in ("float32", "int8")}
    labels = label_set("cityscapes")
    spec = ModelSpec("s", "S", "segmentation", labels, InputSpec((512, 256)), variants)
    gallery = make_gallery(spec, str(shared / "camvid" / "test"), 2, Progress(disable=True))
    assert gallery.segmented
    assert 0.95 < gallery.agreement["int8"] < 1
    assert [decoded(image.image).shape for image in gallery.images] == [(360, 480, 3)] * 2
    for image in gallery.images:
        base, other = image.outputs
        assert base.agreement is None
        assert base.difference is None
        for content in (base.class_map, base.overlay, other.class_map, other.difference):
            assert decoded(content).shape == (360, 480, 3)
        assert other.agreement is not None
        # Red of the mark is 255, of the dimmed image 115 at most.
        marked = decoded(other.difference)[..., 2] > 180
        assert marked.mean() == pytest.approx(1 - other.agreement, abs=0.01)
        assert ("road", (128, 64, 128)) in image.classes


def test_only_differing_pixels_are_marked() -> None:
    """The mark follows a mask of another size; the rest is grey and dim."""
    image = np.full((4, 4, 3), (0, 128, 255), np.uint8)
    marked = mark_difference(image, np.array([[True, False], [False, False]]))
    assert (marked[:2, :2] == (245, 90, 255)).all()
    assert marked[2:].max() < 128
    assert (np.ptp(marked[2:], axis=2) == 0).all()


@pytest.mark.parametrize("reference", [True, False])
def test_the_reference_comes_last_or_not_at_all(tmp_path: Path, reference: bool) -> None:
    """One's own results come first, and --no-reference leaves only those."""
    path = write(tmp_path / "pi5.json", bench(("int8",)))
    published = [result.published for result in collect([path], [], reference=reference)]
    assert published == [False] + [True] * 4 * reference


def test_the_reference_that_suits_nothing_has_its_own_section(text: str) -> None:
    """Its DeepLab is shown although no DeepLab was measured."""
    section = text.split('<h2 id="deeplab-1025x2049">')[1]
    assert "int8 is 45x slower than float32" in section


def test_the_reference_alone_is_a_report() -> None:
    """Without results one gets what there is to stand beside."""
    assert list(by_model(collect([], [], reference=True))) == ["mnist", "deeplab 1025x2049"]


@pytest.mark.parametrize("name", ["Kitchen Pi", "pi5.json=Kitchen Pi"])
def test_a_machine_gets_the_name_it_is_given(tmp_path: Path, name: str) -> None:
    """A name alone serves where there is one machine."""
    path = write(tmp_path / "pi5.json", bench(("int8",)))
    assert collect([path], [name], reference=False)[0].machine == "Kitchen Pi"


def test_a_warning_stands_on_the_page(text: str) -> None:
    """Times of a board that throttled are not shown without a word."""
    assert re.search(r'class="warning">Laptop [^<]*the board was throttled', text)


def test_a_warning_is_said_in_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever makes the page learns it too, even of an otherwise empty result."""
    content = summary(status="failed", reason="[no] disk", stages={}, quality=None, fps={})
    line = ["report", str(write(tmp_path / "a.json", content)), "--no-reference"]
    assert cli.main([*line, "--out", str(tmp_path / "out")]) == 0
    assert "the measuring failed: [no] disk" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "code", "why"),
    [
        (["--gallery", "x"], 2, "--gallery MODEL_DIR and --images SOURCE go together"),
        (["--images", "x"], 2, "--gallery MODEL_DIR and --images SOURCE go together"),
        (["--gallery", "nowhere", "--images", "x"], 1, "no model 'nowhere'"),
        (["--name", "other.json=Pi"], 2, "give FILE=NAME, with FILE one of the result files"),
        (["--name", "pi5.json="], 2, "give FILE=NAME"),
    ],
)
def test_a_fault_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, why: str
) -> None:
    """Exit 2 for usage, 1 for what cannot be read, and nothing is written."""
    path = write(tmp_path / "pi5.json", bench(("int8",)))
    assert cli.main(["report", str(path), "--out", str(tmp_path / "out"), *more]) == code
    assert not (tmp_path / "out" / "index.html").exists()
    error = capsys.readouterr().err
    assert why in error
    assert error.count("\n") == 1


def test_one_name_for_two_machines_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two machines under one name would be taken for one."""
    other = board(model="laptop")
    paths = [
        write(tmp_path / "a.json", bench()),
        write(tmp_path / "b.json", bench(board={"before": other, "after": other})),
    ]
    line = ["report", *map(str, paths), "--out", str(tmp_path / "out"), "--name", "Pi"]
    assert cli.main(line) == 2
    assert "the files are of 2 machines" in capsys.readouterr().err


def test_nothing_to_report_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither results nor the reference."""
    assert cli.main(["report", "--no-reference", "--out", str(tmp_path)]) == 2
    assert "nothing to report" in capsys.readouterr().err


def test_an_output_folder_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "out").write_text("")
    path = write(tmp_path / "a.json", bench(("int8",)))
    assert cli.main(["report", str(path), "--no-reference", "--out", str(tmp_path / "out")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_report_needs_no_tensorflow(tmp_path: Path) -> None:
    """What the report extra brings is enough; nothing else of the host extra is loaded."""
    path = write(tmp_path / "a.json", bench(("int8",)))
    blocked = ("tensorflow", "keras", "ai_edge_quantizer", "pooch", "requests", "distributed")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked}))\n"
        "from host_tools.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "report", path, "--out", tmp_path / "out"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "index.html").is_file()


@pytest.mark.parametrize("missing", [["jinja2"], ["matplotlib"], ["jinja2", "matplotlib"]])
def test_what_a_report_needs_is_installed_by_one_command(
    missing: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every missing package is named at once, before anything is read."""
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    options = ReportOptions([tmp_path / "missing.json"], tmp_path / "out", "title")
    command = this_environment().install(*missing)
    with pytest.raises(EdgeError, match=f"not installed; run: {re.escape(command)}$"):
        build_report(options, Console())


@pytest.mark.parametrize("name", ["<", "&", '"', "'"])
def test_text_is_escaped_in_elements_and_attributes(name: str) -> None:
    """A model's name is text in a heading, and cannot end an attribute."""
    chart = RenderedChart("c", f"x{name}y", "", b"light", b"dark")
    section = ModelSection(f"x{name}y", [], [chart])
    text = render_page(page_template(), "title", "made", [section])
    escaped = f"x{markupsafe.escape(name)}y"
    assert f">{escaped}</h2>" in text
    assert f'alt="Chart: {escaped}. ' in text
    assert f"x{name}y" not in text


def test_what_was_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a folder its file; without any that the published figures are alone."""
    folder, out = tmp_path / "drive", ["--out", str(tmp_path / "out")]
    folder.mkdir()
    write(folder / "summary.json", summary())
    assert cli.main(["report", str(folder), *out]) == 0
    printed = capsys.readouterr().out.replace("\n", "")
    assert f"read: {folder / 'summary.json'}" in printed
    assert cli.main(["report", *out]) == 0
    assert "no result file was named, so the page has the published" in capsys.readouterr().out


def test_variants_of_any_name_have_chips_of_their_own() -> None:
    """Also two that alone would have the same colour; the figures of each stand beside it."""
    names = ("float32", "int8-3", "int8-8")
    assert variant_colour(names[1]) == variant_colour(names[2])
    figures = in_order(Figures(name, bytes=1000) for name in names)
    section = ModelSection("m", [Result(machine="Pi", model="m", figures=figures)], [])
    text = render_page(page_template(), "title", "made", [section])
    colours = [variant_colour(name, names) for name in names]
    assert len(set(colours)) == 3
    cells = re.findall(r'<td class="name">(.*?)</td>', text)
    for cell, name, colour in zip(cells, names, colours, strict=True):
        assert name in cell
        assert colour in cell
