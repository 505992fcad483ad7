"""Look at the inference runtimes, and at the models on the one that would be used."""

from __future__ import annotations

from pathlib import Path

from edge_app.doctor.finding import FAIL, OK, WARN, Finding, split_advice
from edge_app.doctor.machine import Machine
from edge_app.model.interpreter.runtimes import RUNTIMES


def look_at_runtimes(machine: Machine) -> list[Finding]:
    """Return what is found of each installed runtime; the first one is what `auto` takes."""
    found: list[Finding] = []
    for name in RUNTIMES:
        answer = machine.ask("runtime", name)
        record = answer.all
        if record.get("state") == "missing":
            continue
        if not answer.end and record.get("state") == "loaded":
            used = "" if found else "; used unless another is asked for"
            found.append(Finding(f"runtime {name}", OK, f"{record['title']}{used}"))
            continue
        fault = answer.end or str(record.get("fault", "it said nothing"))
        said, mend = (fault, "") if answer.end else split_advice(fault)
        mend = mend.replace("pip install", f"{machine.pip} install", 1)
        reinstall = f"{machine.pip} install --force-reinstall ai-edge-litert"
        state = WARN if found else FAIL
        found.append(Finding(f"runtime {name}", state, said, mend or reinstall))
    if found:
        return found
    mend = f"{machine.pip} install ai-edge-litert"
    if machine.bits == 32:
        mend = "rpi-imager  # on another computer: write the 64-bit Raspberry Pi OS"
    return [Finding("runtime", FAIL, f"none is installed ({', '.join(RUNTIMES)})", mend)]


def look_at_models(machine: Machine, runtimes: list[Finding]) -> list[Finding]:
    """Return what is found of every model that ships, run where a runtime loads."""
    broken = next((one for one in runtimes if one.state == FAIL), None)
    folders = sorted((machine.assets or Path("nowhere")).glob("models/*/model.json"))
    if machine.assets is None or not folders:
        said = "the models that ship with the app are not there"
        mend = f"{machine.pip} install --force-reinstall --no-deps .  # in the checkout"
        return [Finding("models", FAIL, said, mend)]
    return [one for card in folders for one in _model(machine, card.parent, broken)]


def _model(machine: Machine, folder: Path, broken: Finding | None) -> list[Finding]:
    name = f"model {folder.name}"
    answer = machine.ask("model", str(folder), "look" if broken else "run")
    last = {str(one["variant"]): one for one in answer.records if "variant" in one}
    if "card" in answer.all:
        said = split_advice(answer.all["card"])[0]
        return [Finding(name, FAIL, said, _restore(machine, folder / "model.json"))]
    wrong = [_variant(machine, folder, one, answer.end) for one in last.values()]
    found = [one for one in wrong if one is not None]
    right = [variant for variant, one in last.items() if one["state"] == "right"]
    if not last or (answer.end and not found):
        said = f"unknown, for the check {answer.end or 'said nothing'}"
        found.append(Finding(name, FAIL, said, f"edge-app models check {folder}"))
    elif right and broken:
        said = f"{', '.join(right)}: sha256 as in the card, not run for want of a runtime"
        found.insert(0, Finding(name, WARN, said, broken.mend))
    elif right:
        said = f"{', '.join(right)}: sha256 and golden picture right"
        found.insert(0, Finding(name, OK, said))
    return found


def _variant(machine: Machine, folder: Path, one: dict[str, str], end: str) -> Finding | None:
    """Return what is wrong with a variant, if anything."""
    name = f"model {folder.name} {one['variant']}"
    if one["state"] == "right":
        return None
    if one["state"] == "begun":
        said = f"running it {end or 'said nothing'}"
        return Finding(name, FAIL, said, _restore(machine, Path(one["file"])))
    said = split_advice(one["said"])[0]
    if one["state"] == "changed":
        return Finding(name, FAIL, said, _restore(machine, Path(one["file"])))
    return Finding(name, FAIL, said, f"edge-app models check {folder}")


def _restore(machine: Machine, path: Path) -> str:
    """Return the command that brings a shipped file back."""
    root = machine.assets.parent if machine.assets else path.parent
    if (root / ".git").exists():
        return f"git -C {root} checkout -- {path}"
    return f"{machine.pip} install --force-reinstall --no-deps .  # in the checkout"
