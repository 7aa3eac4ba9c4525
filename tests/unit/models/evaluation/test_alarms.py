import numpy as np
import pytest

from models.evaluation.alarms import EpisodeEnd, alarm_episodes, failure_notices
from models.evaluation.outcomes import Record
from models.features import RowIndex
from tests.unit.models.small_fleet import HOUR, at, history

DAY = 24 * HOUR
C, F, X, U = EpisodeEnd.CONFIRMED, EpisodeEnd.FALSE_ALARM, EpisodeEnd.CENSORED, EpisodeEnd.UNDECIDED


def record(*, failures: list[float] = [], preventive: list[float] = [], known: float = 999) -> Record:  # noqa: B006
    made = history(
        failures=[("m1", at(h), "seal") for h in failures],
        maintenance=[("m1", at(h), "seal", "preventive") for h in preventive],
    )
    return Record.of(made.failures, made.maintenance, known_until=at(known))


def ringing_rows(alarms: list[float]) -> tuple[RowIndex, np.ndarray]:
    """Forecast every 3 h for ten days; the ones at `alarms` are at 0.9."""
    hours = sorted({*range(0, 241, 3), *alarms})
    return RowIndex.of([("m1", at(h)) for h in hours]), np.array([0.9 if h in alarms else 0.1 for h in hours])


@pytest.mark.parametrize(
    ("alarms", "facts", "ends"),
    [
        pytest.param([30, 33, 36], record(failures=[48]), [C], id="alarms before a failure are one confirmed episode"),
        pytest.param([30, 45], record(failures=[48]), [C], id="a pause within the horizon does not end an episode"),
        pytest.param([30], record(), [F], id="an alarm that nothing follows is false"),
        pytest.param([30], record(failures=[54]), [C], id="a failure at the very end of the horizon confirms"),
        pytest.param([30], record(failures=[54.1]), [F], id="a failure after the horizon does not"),
        pytest.param([30], record(failures=[30]), [F], id="a failure at the alarm's own time was not foretold"),
        pytest.param([30, 60], record(), [F, F], id="an alarm after the horizon is an episode of its own"),
        pytest.param(
            list(range(0, 97, 3)), record(failures=[110]), [F, F, F, C], id="an alarm that never stops is many episodes"
        ),
        pytest.param([45, 51], record(failures=[48]), [C, F], id="a failure ends the episode"),
        pytest.param([30], record(preventive=[40]), [X], id="a preventive replacement censors"),
        pytest.param(
            [30], record(preventive=[40], failures=[45]), [X], id="a failure of the new part confirms nothing"
        ),
        pytest.param([36, 42], record(preventive=[40]), [X, F], id="a preventive replacement ends the episode"),
        pytest.param([30], record(known=53), [U], id="an alarm whose horizon is not over is undecided"),
        pytest.param([30], record(known=53, failures=[40]), [C], id="unless it came true already"),
    ],
)
def test_an_episode_ends_as(alarms: list[float], facts: Record, ends: list[EpisodeEnd]) -> None:
    index, probability = ringing_rows(alarms)
    episodes = alarm_episodes(index, probability, "seal", facts, threshold=0.5, horizon=DAY)
    assert [e.end for e in episodes] == ends


@pytest.mark.parametrize(
    ("alarms", "facts", "lead", "caught"),
    [
        pytest.param([36, 39], record(failures=[48]), 12.0, True, id="just enough notice"),
        pytest.param([39], record(failures=[48]), 9.0, False, id="too late"),
        pytest.param([15], record(failures=[48]), None, False, id="an alarm before the horizon is about nothing"),
        pytest.param([15, 24, 45], record(failures=[48]), 24.0, True, id="the first alarm within the horizon counts"),
        pytest.param([48], record(failures=[48]), None, False, id="an alarm at the failure comes too late"),
        pytest.param([36], record(failures=[48], preventive=[40]), None, False, id="an alarm about the part before"),
        pytest.param([], record(failures=[48]), None, False, id="silence"),
    ],
)
def test_a_failure_is_caught_by(alarms: list[float], facts: Record, lead: float | None, caught: bool) -> None:
    index, probability = ringing_rows(alarms)
    end = int(index.time.max())
    notice = failure_notices(index, probability, "seal", facts, threshold=0.5, horizon=DAY, first=0, end=end)
    assert [(n.lead_time_h, n.caught(12 * HOUR)) for n in notice] == [(lead, caught)]


@pytest.mark.parametrize(
    ("alarms", "facts", "ringing", "rang_a_day"),
    [
        pytest.param([36, 39, 42, 45], record(failures=[48]), 12.0, False, id="since its first alarm"),
        pytest.param(list(range(0, 48, 3)), record(failures=[48]), 48.0, True, id="longer than the horizon"),
        pytest.param([12, 15, 24, 27], record(failures=[48]), 24.0, True, id="a pause before the horizon ends it"),
        pytest.param([30, 42], record(failures=[48]), 18.0, False, id="a pause within the horizon does not"),
        pytest.param([18, 21, 24], record(failures=[48]), 30.0, True, id="nor does silence up to the failure"),
        pytest.param(
            [33, 36, 39, 42, 45], record(failures=[39, 48]), 9.0, False, id="not over a failure of the part before"
        ),
        pytest.param([36, 42], record(failures=[48], preventive=[40]), 6.0, False, id="nor over its replacement"),
        pytest.param([], record(failures=[48]), None, False, id="never"),
    ],
)
def test_an_alarm_had_been_ringing(alarms: list[float], facts: Record, ringing: float | None, rang_a_day: bool) -> None:
    index, probability = ringing_rows(alarms)
    notice = failure_notices(
        index, probability, "seal", facts, threshold=0.5, horizon=DAY, first=0, end=int(index.time.max())
    )[-1]
    assert (notice.ringing_h, notice.rang(DAY)) == (ringing, rang_a_day)
    assert notice.watched_h == 48.0


def test_the_order_of_rows_does_not_matter() -> None:
    index, probability = ringing_rows([30, 45, 90])
    order = np.random.default_rng(3).permutation(len(index))
    mixed = RowIndex(index.machine[order], index.time[order])
    facts = record(failures=[48])
    plain = alarm_episodes(index, probability, "seal", facts, threshold=0.5, horizon=DAY)
    assert plain == alarm_episodes(mixed, probability[order], "seal", facts, threshold=0.5, horizon=DAY)
