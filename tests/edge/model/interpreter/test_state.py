"""A network that remembers the last image is reset, or refused where no runtime can."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.interpreter.runtimes import load_runtime
from edge_app.model.interpreter.sandbox import ensure_loadable
from tests.support.tflite_files import TfliteFile


@pytest.mark.parametrize("is_used", [True, False], ids=["used", "written only"])
def test_a_variable_that_no_runtime_clears_is_refused(tmp_path: Path, is_used: bool) -> None:
    """Resetting leaves what ASSIGN_VARIABLE wrote, so one image would change the next answer."""
    file = TfliteFile()
    shape = (1, 4, 4, 3)
    given, made = file.tensor(shape), file.tensor(shape, name="made")
    start, names = file.subgraph(), {"container": "", "sharedName": "sum"}

    def handle(graph: TfliteFile) -> int:
        state = graph.tensor((), "resource")
        return graph.operator("VAR_HANDLE", [], state, "VarHandleOptions", **names)

    zeros = start.constant(np.zeros(shape, np.float32))
    start.operator("ASSIGN_VARIABLE", [handle(start), zeros], -1, "AssignVariableOptions")
    file.operator("CALL_ONCE", [], -1, "CallOnceOptions", initSubgraphIndex=1)
    state = handle(file)
    before = file.operator("READ_VARIABLE", [state], file.tensor(shape), "ReadVariableOptions")
    after = file.operator("ADD", [before, given], file.tensor(shape), "AddOptions")
    file.operator("ASSIGN_VARIABLE", [state, after], -1, "AssignVariableOptions")
    file.operator("ADD", [given, after if is_used else given], made, "AddOptions")
    path = file.write(tmp_path / "sum.tflite", [given], [made])
    if not is_used:
        ensure_loadable(path, load_runtime(), None)
        return
    with pytest.raises(ModelError, match="keeps a state from one image to the next"):
        ensure_loadable(path, load_runtime(), None)
