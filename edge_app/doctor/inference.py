"""Checks of the inference runtimes, and of the models on the one that would be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge_app.doctor.finding import FAIL, OK, WARN, Finding, split_advice
from edge_app.doctor.machine import Machine
from edge_app.model.interpreter.runtimes import RUNTIMES


def check_runtimes(machine: Machine) -> list[Finding]:
    """Check each installed runtime; the first one is what `auto` takes.

    One that loads slowly (TensorFlow, 10 s here and a minute from a slow card) is not loaded behind
    one that works.
    """
    found: list[Finding] = []
    for name, info in RUNTIMES.items():
        works = any(one.state == OK for one in found)
        output = machine.run_check("runtime", name, "look" if info.is_slow and works else "load")
        record = output.all
        if record.get("state") == "missing":
            continue
        if output.failure:
            state, message, fix = FAIL, output.failure, ""
        elif record["state"] == "installed":
            state, message, fix = OK, f"{info.title} is installed; not loaded, as it is slow", ""
        elif record["state"] == "loaded":
            state, message, fix = OK, record["title"] + ("" if found else "; used by default"), ""
        else:
            state, (message, fix) = FAIL, split_advice(record["error"])
        if state == FAIL:
            state = WARN if found else FAIL
            fix = fix or machine.packages.install(info.package, options="--force-reinstall")
        found.append(Finding(f"runtime {name}", state, message, fix))
    if found:
        return found
    fix = machine.packages.install("ai-edge-litert")
    if machine.bits == 32:
        fix = "rpi-imager  # on another computer: write the 64-bit Raspberry Pi OS"
    return [Finding("runtime", FAIL, f"none is installed ({', '.join(RUNTIMES)})", fix)]


def check_models(machine: Machine, runtimes: list[Finding]) -> list[Finding]:
    """Check every shipped model, and run it if a runtime loads."""
    broken = next((one for one in runtimes if one.state == FAIL), None)
    folders = sorted((machine.assets or Path("nowhere")).glob("models/*/model.json"))
    if machine.assets is None or not folders:
        return [Finding("models", FAIL, "the shipped models are missing", _reinstall(machine))]
    return [one for card in folders for one in _model(machine, card.parent, broken)]


def _model(machine: Machine, folder: Path, broken: Finding | None) -> list[Finding]:
    name = f"model {folder.name}"
    output = machine.run_check("model", str(folder), "look" if broken else "run")
    last = {str(record["variant"]): record for record in output.records if "variant" in record}
    if "card" in output.all:
        message = split_advice(output.all["card"])[0]
        return [Finding(name, FAIL, message, _restore(machine, folder / "model.json"))]
    failed = [record for record in last.values() if record["state"] != "passed"]
    found = [_variant(machine, folder, record, output.failure) for record in failed]
    passed = ", ".join(name for name, record in last.items() if record["state"] == "passed")
    if not last or (output.failure and not found):
        message = f"unknown: the check {output.failure or 'named no variant'}"
        fix = broken.fix if broken else f"edge-app models check {folder}"
        found.append(Finding(name, FAIL, message, fix))
    elif passed and broken:
        message = f"{passed}: sha256 as in the card; not run, without a runtime"
        found.insert(0, Finding(name, WARN, message, broken.fix))
    elif passed:
        found.insert(0, Finding(name, OK, f"{passed}: sha256 and golden image correct"))
    return found


def _variant(machine: Machine, folder: Path, record: dict[str, Any], failure: str) -> Finding:
    """Return the problem of a variant."""
    name = f"model {folder.name} {record['variant']}"
    restore = _restore(machine, Path(record["file"]))
    if record["state"] == "started":
        return Finding(name, FAIL, f"running it {failure}", restore)
    fix = restore if record["state"] == "changed" else f"edge-app models check {folder}"
    return Finding(name, FAIL, split_advice(record["message"])[0], fix)


def _restore(machine: Machine, path: Path) -> str:
    """Return the command that restores a shipped file."""
    root = machine.assets.parent if machine.assets else path.parent
    if (root / ".git").exists():
        return f"git -C {root} checkout -- {path}"
    return _reinstall(machine)


def _reinstall(machine: Machine) -> str:
    """Return the command that installs the app again, from a clone."""
    fix = machine.packages.install(".", options="--force-reinstall --no-deps")
    return f"{fix}  # in a clone of the project"
