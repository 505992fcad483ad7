"""The status of a service, as systemd reports it."""

from __future__ import annotations

from dataclasses import dataclass

from edge_app.service.install import RunCommand

_PROPERTIES = (
    "ActiveState,SubState,StatusText,NRestarts,Result,ActiveEnterTimestamp,UnitFileState,"
    "MemoryCurrent,MainPID"
)
# systemd's results in plain text; source: systemd.service(5), Result.
_RESULTS = {
    "watchdog": "systemd stopped it: no frame came for a minute",
    "timeout": "it took too long to start or to stop",
    "exit-code": "it ended with an error, see the log",
    "signal": "a signal ended it",
    "core-dump": "it crashed; the log shows where every thread was",
    "oom-kill": "the machine had no memory left for it",
    "start-limit-hit": "it was started too often",
}


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """Status of a service.

    state: systemd's, e.g. "active (running)". text: the run's last own report.
    problem: why it does not run, "" if it does. restarts: since it was started by hand.
    """

    name: str
    state: str
    text: str
    problem: str
    since: str
    restarts: int
    at_boot: bool
    memory_bytes: int | None

    @property
    def is_running(self) -> bool:
        """Whether frames come through."""
        return self.state.startswith("active")


def read_status(name: str, run_command: RunCommand) -> ServiceStatus:
    """Return the status of a service. Raises EdgeError if systemd does not answer."""
    output = run_command(["systemctl", "show", f"{name}.service", "--property", _PROPERTIES])
    properties = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    active, sub = (properties.get(key, "unknown") for key in ("ActiveState", "SubState"))
    result = properties.get("Result", "success")
    memory = properties.get("MemoryCurrent", "")
    return ServiceStatus(
        name,
        f"{active} ({sub})",
        properties.get("StatusText", ""),
        "" if result == "success" else _RESULTS.get(result, result),
        properties.get("ActiveEnterTimestamp", ""),
        int(properties.get("NRestarts", "0") or 0),
        properties.get("UnitFileState") == "enabled",
        # Where memory is not accounted for, it is "[not set]" or 2**64 - 1.
        int(memory) if memory.isdecimal() and int(memory) < 2**63 else None,
    )
