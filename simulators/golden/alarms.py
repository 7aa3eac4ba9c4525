"""The fault messages of a simulated pump's own controller."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from simulators.golden.pump import RUNNING, PumpModel

Values = dict[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A limit the controller watches: sent once when the mean of three hours passes it, armed again when it is back."""

    code: str
    severity: str
    signal: str
    share: float
    """The limit, relative to the model's value at work."""
    text: str

    def limit(self, model: PumpModel) -> float:
        """Return the limit in the signal's unit."""
        at_work = {
            "vibration_rms": model.vibration,
            "bearing_temperature": 20.0 + model.rise,
            "discharge_pressure": model.pressure,
        }
        return self.share * at_work[self.signal]

    def is_passed(self, mean: float, model: PumpModel) -> bool:
        """Tell whether `mean` is on the wrong side; below for limits under the value at work."""
        limit = self.limit(model)
        return mean < limit if self.share < 1.0 else mean > limit


ALARMS = (
    Alarm("V1", "warning", "vibration_rms", 1.45, "vibration above the first limit"),
    Alarm("V2", "error", "vibration_rms", 1.75, "vibration above the second limit"),
    Alarm("T1", "warning", "bearing_temperature", 1.16, "bearing temperature high"),
    Alarm("P1", "warning", "discharge_pressure", 0.88, "discharge pressure low"),
    Alarm("P2", "error", "discharge_pressure", 0.80, "discharge pressure very low"),
)


@dataclass(slots=True)
class Controller:
    """Watches one pump's readings and says what strikes it: alarms, starts and stops."""

    model: PumpModel
    _recent: deque[Values] = field(default_factory=lambda: deque(maxlen=3))
    _raised: set[str] = field(default_factory=set)
    _was: str = RUNNING

    def watch(self, time: datetime, values: Values) -> list[tuple[datetime, str, str, str]]:
        """Return time, code, severity and message of what it says about one reading."""
        state = str(values["run_state"])
        changed = (
            [] if state == self._was else [(time, "START" if state == RUNNING else "STOP", "info", f"now {state}")]
        )
        self._was = state
        if state != RUNNING:
            self._recent.clear()
            self._raised.clear()
            return changed
        self._recent.append(values)
        return changed + [(time, a.code, a.severity, a.text) for a in ALARMS if self._rings(a)]

    def _rings(self, alarm: Alarm) -> bool:
        if len(self._recent) < 3:
            return False
        passed = alarm.is_passed(sum(float(v[alarm.signal]) for v in self._recent) / 3.0, self.model)
        new = passed and alarm.code not in self._raised
        (self._raised.add if passed else self._raised.discard)(alarm.code)
        return new
