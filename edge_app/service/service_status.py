"""Say how a service stands, from what systemd keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

from edge_app.service.install import InstallOptions

_ASKED = (
    "ActiveState,SubState,StatusText,NRestarts,Result,ActiveEnterTimestamp,UnitFileState,"
    "MemoryCurrent,MainPID"
)
# What a user can read out of systemd's own words; source: systemd.service(5), Result.
_RESULTS = {
    "watchdog": "no frame came through for a minute, and it was ended",
    "timeout": "it took too long to begin or to end",
    "exit-code": "it ended with a fault, which the log tells",
    "signal": "it was ended by a signal",
    "core-dump": "it crashed; the log tells where every thread stood",
    "oom-kill": "the machine had no memory left for it",
    "start-limit-hit": "it was started too often",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold how a service stands.

    state: systemd's, as "active (running)". says: what the run itself told last.
    trouble: why it does not run, "" where it does. restarts: since it was started by hand.
    """

    name: str
    state: str
    says: str
    trouble: str
    since: str
    restarts: int
    at_boot: bool
    memory_bytes: int | None

    @property
    def runs(self) -> bool:
        """Whether frames come through."""
        return self.state.startswith("active")


def standing(name: str, ask: InstallOptions) -> Standing:
    """Ask systemd how a service stands. Raises EdgeError where it does not answer."""
    told = ask(["systemctl", "show", f"{name}.service", "--property", _ASKED])
    facts = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    state = f"{facts.get('ActiveState', 'unknown')} ({facts.get('SubState', 'unknown')})"
    result = facts.get("Result", "success")
    memory = facts.get("MemoryCurrent", "")
    return Standing(
        name,
        state,
        facts.get("StatusText", ""),
        "" if result == "success" else _RESULTS.get(result, result),
        facts.get("ActiveEnterTimestamp", ""),
        int(facts.get("NRestarts", "0") or 0),
        facts.get("UnitFileState") == "enabled",
        # Where memory is not accounted for, it is "[not set]" or 2**64 - 1.
        int(memory) if memory.isdecimal() and int(memory) < 2**63 else None,
    )
