"""--labels takes a set's name or a file in any usual form; what is wrong names file and line."""

from pathlib import Path

import pytest

from edge_app.errors import UsageError
from edge_app.label_files import labels_of, read_labels
from edge_app.label_sets import label_set
from edge_app.labels import LabelSet, Rgb

SKY, ROAD, CAR = (1, 2, 3), (128, 64, 128), (0, 0, 142)


def read(tmp_path: Path, content: str | bytes, name: str = "my.txt") -> LabelSet:
    """Return the labels of a file with some content."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_labels(str(path))


def colours(labels: LabelSet) -> list[Rgb]:
    """Return the colours of the classes."""
    return [label.colour_rgb for label in labels.classes]


def test_a_name_of_a_set_is_that_set() -> None:
    """Nothing is read but the set."""
    assert read_labels("cityscapes") is label_set("cityscapes")


def test_the_set_has_the_file_s_name(tmp_path: Path) -> None:
    """A file that is called as a set that ships is another set."""
    assert read(tmp_path, "sky\nroad\n").name == "my.txt"
    assert read(tmp_path, "sky\nroad\n", "camvid").name == "camvid file"


NAMES = {
    "one in each line": "sky\nroad\ncar\n",
    "no end of the last line": "sky\nroad\ncar",
    "empty lines around": "\n\nsky\nroad\ncar\n\n \n",
    "Windows": "sky\r\nroad\r\ncar\r\n",
    "old Macs": "sky\rroad\rcar\r",
    "spaces and quotes": '  "sky"\n road \n\'car\'\n',
    "comments": "# three classes\nsky\nroad\n# and\ncar\n",
    "ids": "0 sky\n1 road\n2 car\n",
    "ids as Coral has them": "0  sky\n1  road\n2  car\n",
    "ids in any order": "2: car\n0: sky\n1: road\n",
    "ids with commas": "0,sky\n1,road\n2,car\n",
    "ids after": "sky: 0\nroad: 1\ncar: 2\n",
    "ids after, tabs": "car\t2\nsky\t0\nroad\t1\n",
    "a Python dictionary without braces": "0: 'sky',\n1: 'road',\n2: 'car'".replace(",", ""),
    "void beside the classes": "0 sky\n1 road\n2 car\n255 void\n",
    "WordNet": "n01440764 sky\nn01443537 road\nn01484850 car\n",
    "a table": "id,name\n2,car\n1,road\n0,sky\n",
    "a table of names only, with more columns": "name;note\nsky;x\nroad;y\ncar;z\n",
    "quoted names": 'id,class\n0,"sky"\n1,"road"\n2,"car"\n',
    "a JSON list": '["sky", "road", "car"]',
    "a JSON map": '{"0": "sky", "2": "car", "1": "road"}',
    "a JSON map back": '{"sky": 0, "car": 2, "road": 1}',
    "transformers": '{"model": "x", "id2label": {"0": "sky", "1": "road", "2": "car"}}',
    "Keras": '{"0": ["n01", "sky"], "1": ["n02", "road"], "2": ["n03", "car"]}',
    "COCO": '{"categories": [{"id": 1, "name": "road"}, {"id": 0, "name": "sky"}, '
    '{"name": "car", "id": 2}]}',
    "objects": '[{"label": "sky"}, {"label": "road"}, {"label": "car"}]',
    "a label map": 'item {\n  id: 0\n  name: "sky"\n}\n'
    'item { name: "/m/0k4j" id: 2 display_name: "car" }\n'
    "item { name: 'road' id: 1 }",
}  # fmt: skip


@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_names_are_read_from_every_usual_form(tmp_path: Path, form: str, mark: str) -> None:
    """In the order of their ids; also after the byte order mark of Windows' editor."""
    assert read(tmp_path, mark + NAMES[form]).names == ("sky", "road", "car")


COLOURED = {
    "CSV": "name,r,g,b\nsky,1,2,3\nroad,128,64,128\ncar,0,0,142\n",
    "CSV with ids": "id,name,red,green,blue\n1,road,128,64,128\n0,sky,1,2,3\n2,car,0,0,142\n",
    "no header": "sky,1,2,3\nroad,128,64,128\ncar,0,0,142\n",
    "no header, ids": "0,sky,1,2,3\n1,road,128,64,128\n2,car,0,0,142\n",
    "spaces": "sky 1 2 3\nroad 128 64 128\ncar 0 0 142\n",
    "CamVid's": "1 2 3\tsky\n128 64 128\troad\n0 0 142\tcar\n",
    "CVAT's": "# label:color_rgb:parts:actions\nsky:1,2,3::\nroad:128,64,128::\ncar:0,0,142::\n",
    "JSON": '[{"name": "sky", "color": [1, 2, 3]}, {"name": "road", "color": "#804080"}, '
    '{"name": "car", "color": [0, 0, 142]}]',
    "a JSON map": '{"sky": [1, 2, 3], "road": [128, 64, 128], "car": "#00008e"}',
}


@pytest.mark.parametrize("form", COLOURED)
def test_colours_are_read_with_the_names(tmp_path: Path, form: str) -> None:
    """They are RGB, and those of the file."""
    if form == "a JSON map":
        content = COLOURED[form].replace('"#00008e"', "[0, 0, 142]")
    else:
        content = COLOURED[form]
    labels = read(tmp_path, content)
    assert labels.names == ("sky", "road", "car")
    assert colours(labels) == [SKY, ROAD, CAR]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_umlauts_survive(tmp_path: Path, encoding: str) -> None:
    """In UTF-8, in Windows' UTF-16 with its mark, and in Latin-1."""
    assert read(tmp_path, "Straße\nGehölz\n".encode(encoding)).names == ("Straße", "Gehölz")


def test_names_may_contain_commas_and_numbers(tmp_path: Path) -> None:
    """A list without ids is taken as it is."""
    lines = ("tench, Tinca tinca", "great white shark, man-eater", "model T, 1908 to 1927")
    assert read(tmp_path, "\n".join(lines)).names == lines


def test_ids_from_one_fit_the_network(tmp_path: Path) -> None:
    """They are the classes from 0 on if there are as many, and else begin behind a background."""
    path = tmp_path / "map.txt"
    path.write_text("1 sky\n2 road\n", "utf-8")
    assert read_labels(str(path), classes=2).names == ("sky", "road")
    assert read_labels(str(path), classes=3).names == ("background", "sky", "road")
    assert read_labels(str(path)).names == ("background", "sky", "road")


def test_classes_without_a_name_are_numbered(tmp_path: Path) -> None:
    """Gaps between ids, and what stands for no name in TensorFlow's and torchvision's lists."""
    assert read(tmp_path, "0 person\n3 dog\n").names == ("person", "class 1", "class 2", "dog")
    assert read(tmp_path, "???\nperson\nN/A\ndog\n").names == (
        "class 0",
        "person",
        "class 2",
        "dog",
    )


def test_names_that_occur_twice_are_told_apart(tmp_path: Path) -> None:
    """ImageNet has two cranes, a bird and a machine: scores are kept by name."""
    assert read(tmp_path, "crane\ncat\ncrane\n").names == ("crane", "cat", "crane (2)")


def test_digits_are_names(tmp_path: Path) -> None:
    """Numbers alone are no ids."""
    assert read(tmp_path, "0\n1\n2\n").names == ("0", "1", "2")
    assert read(tmp_path, "[0, 1]").names == ("0", "1")


WRONG = {
    "": "has no names",
    "\n\n": "has no names",
    "# nothing\n": "has no names",
    "sky\n\nroad\n": "line 2 is empty.*remove it, or",
    "0 sky\n1 road\ncar\n": "line 3 is 'car' where line 1 has an id and a name; write every",
    "0 sky\n0 road\n": "line 2 has id 0, and line 1 too",
    "0 sky\n999999999 road\n": "line 2 has id 999999999, which is not within 0 to 99999",
    "name,r,g,b\nsky,1,2\n": "line 2 has 3 columns, the header 4",
    "name,r,g,b\nsky,1,2,x\n": "line 2: 'x' is no number",
    "name,r,g,b\nsky,1,2,256\n": r"line 2: the colour \[1, 2, 256\] is not within 0 to 255",
    "name,r,g,b\n": "a header and no names",
    "sky 1 2 3\nroad\n": "line 2 is 'road' where line 1 has a name and a colour",
    "sky\n" + "x" * 201: "line 2 has a name of 201 characters, the limit is 200",
    "sky\n" + "x" * 5000: "line 2 has 5,000 characters",
    "sky\nro\0ad\n": "line 2 has control characters",
    "[1": "line 1 is no valid JSON",
    "{}": "has no names",
    "[]": "has no names",
    '["sky", null]': "entry 2 has no name",
    '{"sky": "blue"}': "entry 1 has no name",
    '[{"name": "sky", "color": [1, 2]}]': "entry 1: .* is no colour",
    '[{"name": "sky", "color": [1, 2, 3]}, {"name": "road"}]': "entry 2 has no colour",
    "[" * 100_000: "JSON",
    'item { id: 1 }': "item 1 has no id or no name",
}  # fmt: skip


@pytest.mark.parametrize("content", WRONG)
def test_what_is_wrong_is_one_line(tmp_path: Path, content: str) -> None:
    """The line names the file, the place and a way on."""
    with pytest.raises(UsageError, match=rf"the labels .*my\.txt: .*{WRONG[content]}") as refused:
        read(tmp_path, content)
    assert "\n" not in str(refused.value)
    assert ";" in str(refused.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Binary files, folders, what is missing, YAML, and what no label file is as large as."""
    with pytest.raises(UsageError, match="is no text"):
        read(tmp_path, b"\x1c\x00\x00\x00TFL3\x00\x01" * 9)
    with pytest.raises(UsageError, match="Is a directory"):
        read_labels(str(tmp_path))
    with pytest.raises(
        UsageError, match=r"neither a file nor a label set; .*choose one of: ade20k"
    ):
        read_labels("citiscapes")
    with pytest.raises(UsageError, match="it is YAML"):
        read(tmp_path, "names:\n  0: person\n", "coco.yaml")
    with pytest.raises(UsageError, match="more than 4 MB"):
        read(tmp_path, b"x\n" * 2_000_001)
    with pytest.raises(UsageError, match="100,001 classes, the limit is 100,000"):
        labels_of(b"x\n" * 100_001, "x")


@pytest.mark.parametrize("name", ["ade20k", "imagenet", "coco"])
def test_the_files_that_ship_are_label_files(name: str) -> None:
    """They can be copied as the start of an own one."""
    path = Path(__file__).parents[2] / "assets" / "labels" / f"{name}.csv"
    own, ships = read_labels(str(path), classes=len(label_set(name).classes)), label_set(name)
    assert {label.name for label in ships.classes} <= set(own.names)


def test_a_palette_gives_the_colours(tmp_path: Path) -> None:
    """Of a file's classes, or of a set that ships, which is then another set."""
    palette = tmp_path / "p.txt"
    palette.write_text("1 2 3\n128 64 128\n0 0 142\n", "utf-8")
    path = tmp_path / "my.txt"
    path.write_text("sky\nroad\n", "utf-8")
    assert colours(read_labels(str(path), palette)) == [SKY, ROAD]
    with pytest.raises(UsageError, match="has 3 colours, the labels 19 classes"):
        read_labels("cityscapes", palette)
    palette.write_text("1 2 3\n" * 21, "utf-8")
    own = read_labels("pascal-voc", palette)
    assert (own.name, own.names) == ("pascal-voc, p.txt", label_set("pascal-voc").names)
    assert colours(own) == [SKY] * 21
