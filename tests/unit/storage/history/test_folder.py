"""What a history folder may not look like, and what is said about it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from foreworn.errors import MalformedHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.history import check_history, read_history
from tests.unit.storage.history.conftest import VALID, MakeHistory

TELEMETRY = "time,machine,pressure,state,cycles\n"
MACHINES = "machine,model,site,installed_at\n"
SIGNALS = "signal,unit,type,model,low,high,states\n"
LOGS = "time,machine,level,logger,message\n"
Place = tuple[str, int | None, str | None]


def _time(hour: int) -> datetime:
    return datetime(2026, 1, 5, hour, tzinfo=UTC)


def test_a_valid_history_is_read_as_it_is_written(make_history: MakeHistory) -> None:
    fleet = read_history(make_history())

    assert fleet.history.machines == (
        Machine("pump-1", "cp-100", "north", datetime(2024, 3, 1, tzinfo=UTC), ("bearing", "seal")),
        Machine("pump-2", "cp-200", "north", datetime(2024, 2, 29, 23, tzinfo=UTC), ("impeller",)),
    )
    assert fleet.attachments == (
        Attachment("gateway-7", "pump-2", datetime(2024, 2, 29, 23, tzinfo=UTC)),
        Attachment("pump-1", "pump-1", datetime(2024, 3, 1, tzinfo=UTC)),
    )
    assert fleet.history.telemetry.to_pylist() == [
        {"time": _time(0), "machine": "pump-1", "pressure": 6.1, "state": "running", "cycles": None},
        {"time": _time(1), "machine": "pump-1", "pressure": 6.2, "state": "standby", "cycles": None},
        {"time": _time(0), "machine": "pump-2", "pressure": 11.5, "state": None, "cycles": 7},
    ]
    assert fleet.history.failures.to_pylist() == [
        {"time": _time(3), "machine": "pump-2", "component": "impeller", "mode": "breakdown"}
    ]
    assert fleet.history.maintenance["kind"].to_pylist() == ["preventive", "corrective"]
    assert fleet.history.events["code"].to_pylist() == ["P1"]
    assert fleet.arrivals is None
    assert fleet.notes == ()


@pytest.mark.parametrize(
    ("file", "content", "place", "said"),
    [
        pytest.param("machines.csv", None, ("machines.csv", None, None), "missing", id="no machines"),
        pytest.param(
            "failures.csv", None, ("failures.csv", None, None), "write the header line alone", id="no failures"
        ),
        pytest.param("events.csv", "", ("events.csv", 1, None), "empty", id="an empty file"),
        pytest.param(
            "machines.csv", MACHINES, ("machines.csv", None, None), "no rows", id="a header alone, of machines"
        ),
        pytest.param(
            "events.csv", "time;machine;code\n1;2;3\n", ("events.csv", 1, None), "semicolons", id="semicolons"
        ),
        pytest.param("events.csv", "time\tmachine\n1\t2\n", ("events.csv", 1, None), "tabs", id="tabs"),
        pytest.param(
            "failures.csv", "time,machine,component\n", ("failures.csv", 1, "mode"), "missing", id="a missing column"
        ),
        pytest.param(
            "failures.csv",
            "time,machine,component,mode,colour\n",
            ("failures.csv", 1, "colour"),
            "not known",
            id="an unknown column",
        ),
        pytest.param(
            "failures.csv", "time,time,component,mode\n", ("failures.csv", 1, None), "twice", id="a column twice"
        ),
        pytest.param(
            "failures.csv", "time,machine,,mode\n", ("failures.csv", 1, None), "no name", id="a column without a name"
        ),
        pytest.param(
            "machines.csv",
            MACHINES + "pump-1,m,north,2024-03-01T00:00:00Z\npump-1,m,north,2024-03-01T00:00:00Z\n",
            ("machines.csv", 3, "machine"),
            "row 2",
            id="a machine twice",
        ),
        pytest.param(
            "machines.csv",
            MACHINES + "pump/1,m,north,2024-03-01T00:00:00Z\n",
            ("machines.csv", 2, "machine"),
            "none of + # / $",
            id="a machine that cannot speak on a topic",
        ),
        pytest.param(
            "machines.csv",
            MACHINES + "pump-1,,north,2024-03-01T00:00:00Z\n",
            ("machines.csv", 2, "model"),
            "empty",
            id="a machine without a model",
        ),
        pytest.param(
            "machines.csv",
            MACHINES + "pump-1,m,north,2024-03-01\n",
            ("machines.csv", 2, "installed_at"),
            "2024-03-01T00:00:00Z for UTC",
            id="a day without a zone",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,6.1,running,\n2026-01-05 01:00,pump-1,6.1,running,\n",
            ("telemetry.csv", 3, "time"),
            "2026-01-05T01:00Z for UTC",
            id="a time without a zone",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "yesterday,pump-1,6.1,running,\n",
            ("telemetry.csv", 2, "time"),
            "is not a time",
            id="a time that is none",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,6.1,running,\n2026-02-30T01:00:00Z,pump-1,6.1,running,\n",
            ("telemetry.csv", 3, "time"),
            "no such day",
            id="the thirtieth of February",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + ",pump-1,6.1,running,\n",
            ("telemetry.csv", 2, "time"),
            "empty",
            id="no time at all",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2024-02-29T00:00:00Z,pump-1,6.1,running,\n",
            ("telemetry.csv", 2, "time"),
            "before machine 'pump-1' was installed",
            id="a sample before the machine was there",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-3,6.1,running,\n",
            ("telemetry.csv", 2, "machine"),
            "add the machine to machines.csv",
            id="telemetry of an unknown machine",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,nan,running,\n",
            ("telemetry.csv", 2, "pressure"),
            "leave the field empty",
            id="NaN as text",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + '2026-01-05T00:00:00Z,pump-1,"6,1",running,\n',
            ("telemetry.csv", 2, "pressure"),
            "point as decimal mark",
            id="a decimal comma",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,1e999,running,\n",
            ("telemetry.csv", 2, "pressure"),
            "not finite",
            id="a number past all doubles",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-2,6.1,,7.5\n",
            ("telemetry.csv", 2, "cycles"),
            "not a whole number",
            id="half a cycle",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-2,6.1,,9223372036854775808\n",
            ("telemetry.csv", 2, "cycles"),
            "too large",
            id="a whole number past 2^63 - 1",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,6.1,idling,\n",
            ("telemetry.csv", 2, "state"),
            "running, standby",
            id="an unknown state",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-2,19,,\n2026-01-05T00:00:00Z,pump-1,19,,\n",
            ("telemetry.csv", 3, "pressure"),
            "above 16 bar",
            id="a pressure that only the other model can reach",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-2,-0.1,,\n",
            ("telemetry.csv", 2, "pressure"),
            "below 0 bar",
            id="a pressure below nothing",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,6.1,,7\n",
            ("telemetry.csv", 2, "cycles"),
            "model has no such signal",
            id="a signal that only the other model has",
        ),
        pytest.param(
            "telemetry.csv",
            "time,machine,torque\n2026-01-05T00:00:00Z,pump-1,6.1\n",
            ("telemetry.csv", 1, "torque"),
            "add it to signals.csv",
            id="a column that is no signal",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY
            + "".join(f"2026-01-05T0{hour}:00:00Z,pump-1,6.{hour},,\n" for hour in (1, 2))
            + "2026-01-05T01:00:00Z,pump-1,6.2,,\n",
            ("telemetry.csv", 4, "pressure"),
            "contradicts row 2, 6.1",
            id="two samples of one time that differ",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,6.1,running,\n2026-01-05T01:0",
            ("telemetry.csv", 3, None),
            "half-written",
            id="a last line cut off",
        ),
        pytest.param(
            "telemetry.csv",
            TELEMETRY + "2026-01-05T00:00:00Z,pump-1,6.1\n2026-01-05T01:00:00Z,pump-1,6.1,running,\n",
            ("telemetry.csv", 2, None),
            "3 fields where the header has 5",
            id="a short line in the middle",
        ),
        pytest.param(
            "events.csv",
            "time,machine,code,severity,message\n2026-01-05T00:00:00Z,pump-3,P1,,\n",
            ("events.csv", 2, "machine"),
            "'pump-3' is not known",
            id="an event of an unknown machine",
        ),
        pytest.param(
            "events.csv",
            'time,machine,code,severity,message\n2026-01-05T00:00:00Z,pump-1,P1,,"open\nnever closed\n',
            ("events.csv", 2, None),
            "never closed",
            id="a quote that is never closed",
        ),
        pytest.param(
            "events.csv",
            "time,machine,code,severity,message\n2026-01-05T00:00:00Z,pump-1,P1,,a\n2026-01-05T00:00:00Z,pump-1,P1,,b\n",
            ("events.csv", 3, "message"),
            "contradicts row 2",
            id="two events of one code and time that differ",
        ),
        pytest.param(
            "events.csv",
            'time,machine,code,severity,message\n2026-01-05T00:00:00Z,pump-1,"P\n1",,\n',
            ("events.csv", 2, "code"),
            "control character",
            id="a code that the wire would not carry",
        ),
        pytest.param(
            "events.csv",
            b"time,machine,code,severity,message\n2026-01-05T00:00:00Z,pump-1,P1,,zu hei\xdf\n",
            ("events.csv", 2, None),
            "UTF-8",
            id="text in an old encoding",
        ),
        pytest.param(
            "maintenance.csv",
            "time,machine,component,action,kind\n2026-01-05T00:00:00Z,pump-1,seal,replaced,planned\n",
            ("maintenance.csv", 2, "kind"),
            "preventive or corrective",
            id="an unknown kind of maintenance",
        ),
        pytest.param(
            "maintenance.csv",
            "time,machine,component,action,kind\n2026-01-05T00:00:00Z,pump-1,shaft,replaced,corrective\n",
            ("maintenance.csv", 2, "component"),
            "only bearing, seal",
            id="a component that the machine does not declare",
        ),
        pytest.param(
            "failures.csv",
            "time,machine,component,mode\n2026-01-05T00:00:00Z,pump-3,seal,\n",
            ("failures.csv", 2, "machine"),
            "not known",
            id="a failure of an unknown machine",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "pressure,bar,double,*,,,\n",
            ("signals.csv", 2, "type"),
            "float, integer, state, counter",
            id="an unknown type of signal",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "pressure,bar,float,*,16,0,\n",
            ("signals.csv", 2, "low"),
            "above the column high",
            id="a range upside down",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "pressure,bar,float,*,nought,,\n",
            ("signals.csv", 2, "low"),
            "not a number",
            id="a limit that is no number",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "state,,state,*,,,\n",
            ("signals.csv", 2, "states"),
            "running;standby",
            id="a state without states",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "pressure,bar,float,*,,,low;high\n",
            ("signals.csv", 2, "states"),
            "no states",
            id="states of a number",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "pressure,bar,float,a,,,\npressure,psi,float,b,,,\n",
            ("signals.csv", 3, "signal"),
            "another name",
            id="one name in two units",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "pressure,bar,float,a,,,\npressure,bar,float,a,,,\n",
            ("signals.csv", 3, "signal"),
            "twice",
            id="a signal twice",
        ),
        pytest.param(
            "signals.csv",
            SIGNALS + "oil level,mm,float,*,,,\n",
            ("signals.csv", 2, "signal"),
            "letters, digits and _",
            id="a signal's name with a space",
        ),
        pytest.param(
            "signals.csv",
            "signal,unit,type,cadence_s\npressure,bar,float,0\n",
            ("signals.csv", 2, "cadence_s"),
            "not a span",
            id="a cadence of nothing",
        ),
        pytest.param(
            "signals.csv",
            "signal,unit,type,sent_unit\npressure,bar,float,degF\n",
            ("signals.csv", 2, "sent_unit"),
            "units of different quantities",
            id="a unit that cannot be converted",
        ),
        pytest.param(
            "signals.csv",
            "signal,unit,type,sent_unit\ncycles,,counter,1/min\n",
            ("signals.csv", 2, "sent_unit"),
            "only a float can be converted",
            id="a counter in another unit",
        ),
        pytest.param(
            "signals.csv",
            "signal,unit,type,states,most_per_second\nstate,,state,a;b,1\n",
            ("signals.csv", 2, "most_per_second"),
            "a state has no speed",
            id="the speed of a state",
        ),
        pytest.param(
            "signals.csv",
            "signal,unit,type,most_per_second\npressure,bar,float,0\n",
            ("signals.csv", 2, "most_per_second"),
            "would allow no change",
            id="a speed of nothing",
        ),
        pytest.param(
            "logs.csv",
            LOGS + "2026-01-05T00:00:00Z,pump-3,info,,on\n",
            ("logs.csv", 2, "machine"),
            "'pump-3' is not known",
            id="a log line of an unknown machine",
        ),
        pytest.param(
            "logs.csv",
            LOGS + f"2026-01-05T00:00:00Z,pump-1,info,{'x' * 129},on\n",
            ("logs.csv", 2, "logger"),
            "up to 128 characters",
            id="a logger that the wire would not carry",
        ),
        pytest.param("parts.csv", "part;name\n1;2\n", ("parts.csv", 1, None), "semicolons", id="unreadable parts"),
        pytest.param(
            "arrivals.jsonl",
            '{"received_at":"2026-01-05T00:00:00Z","topic":"t","payload":"x"}\n{"received_at"\n',
            ("arrivals.jsonl", 2, None),
            "not a received message",
            id="half an arrival",
        ),
        pytest.param(
            "UNFINISHED", "", ("UNFINISHED", None, None), "half-written", id="a history whose writing was interrupted"
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_row_and_column(
    make_history: MakeHistory, file: str, content: str | bytes | None, place: Place, said: str
) -> None:
    folder = make_history({file: content})

    with pytest.raises(MalformedHistory) as raised:
        read_history(folder)

    problem = raised.value
    assert (Path(problem.file).name, problem.row, problem.column) == place
    assert said in problem.problem
    assert problem.args in [found.args for found in check_history(folder)]


def test_log_lines_are_read_where_there_are_any_and_each_is_one_line(make_history: MakeHistory) -> None:
    said = "2026-01-05T01:00:00Z,pump-1,,drive,{}\n"
    logged = make_history({"logs.csv": LOGS + "".join(map(said.format, ("on", "off", "on", "")))}, "logged")

    assert len(read_history(make_history()).history.logs) == 0
    assert read_history(logged).history.logs.to_pylist() == [
        {"time": _time(1), "machine": "pump-1", "level": "info", "logger": "drive", "message": text}
        for text in ("", "off", "on")
    ]


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    assert [str(problem) for problem in check_history(tmp_path / "nowhere")] == [
        f"{tmp_path / 'nowhere'}: there is no such folder"
    ]


def test_checking_goes_on_after_the_first_problem(make_history: MakeHistory) -> None:
    folder = make_history(
        {
            "events.csv": "time,machine,code,severity,message\n2026-01-05 00:00,pump-1,P1,,\nsoon,pump-8,,,\n",
            "failures.csv": "time,machine,component,mode\n2026-01-05T00:00:00Z,pump-3,seal,\n",
        }
    )

    found = [(Path(p.file).name, p.row, p.column) for p in check_history(folder)]

    assert found == [
        ("events.csv", 2, "time"),
        ("events.csv", 3, "time"),
        ("events.csv", 3, "machine"),
        ("events.csv", 3, "code"),
        ("failures.csv", 2, "machine"),
    ]
    assert len(check_history(folder, limit=2)) == 2


def test_many_rows_with_one_problem_are_three_rows_and_a_count(make_history: MakeHistory) -> None:
    rows = "".join(f"2026-01-05T{hour:02}:00:00Z,pump-1,high,running,\n" for hour in range(24))

    problems = check_history(make_history({"telemetry.csv": TELEMETRY + rows}))

    assert [problem.row for problem in problems] == [2, 3, 4]
    assert "21 more rows" in problems[-1].problem


def test_rows_are_counted_as_an_editor_does_past_blank_lines_and_quoted_newlines(make_history: MakeHistory) -> None:
    events = (
        'time,machine,code,severity,message\n2026-01-05T00:00:00Z,pump-1,P1,,"two\nlines"\n\n'
        "2026-01-05T01:00:00Z,pump-9,P1,,\n"
    )

    [problem] = check_history(make_history({"events.csv": events}))

    assert problem.row == 5


def test_what_spreadsheets_add_does_no_harm(make_history: MakeHistory) -> None:
    dressed = {
        name: "\ufeff" + text.replace(",", " , ").replace("\n", " \r\n").replace("north", '"north"').replace(' "', '"')
        for name, text in VALID.items()
    }

    assert read_history(make_history(dressed, "dressed")).history == read_history(make_history()).history


def test_a_file_without_a_last_line_end_is_whole(make_history: MakeHistory) -> None:
    unended = make_history({name: text.removesuffix("\n") for name, text in VALID.items()}, "unended")

    assert read_history(unended) == read_history(make_history())


def test_a_header_alone_is_no_records(make_history: MakeHistory) -> None:
    history = read_history(make_history({"failures.csv": "time,machine,component,mode"})).history

    assert history.failures.num_rows == 0


def test_files_that_other_rooms_read_may_stand_there(make_history: MakeHistory) -> None:
    assert check_history(make_history({"parts.csv": "part,name\n1,seal\n", "README.txt": "\xff"})) == []


def test_machines_without_declared_components_have_those_of_their_model(make_history: MakeHistory) -> None:
    machines = MACHINES + "".join(f"{name},cp-100,north,2024-03-01T00:00:00Z\n" for name in ("pump-1", "pump-2"))
    signals = SIGNALS + "pressure,bar,float,*,,,\nstate,,state,*,,,running;standby\ncycles,,counter,*,,,\n"

    history = read_history(make_history({"machines.csv": machines, "signals.csv": signals})).history

    assert [machine.components for machine in history.machines] == [("impeller", "seal")] * 2


def test_raw_arrivals_keep_their_bytes_and_order(make_history: MakeHistory) -> None:
    lines = (
        '{"received_at":"2026-01-05T00:00:01.5Z","topic":"b","payload":"{\\"ts\\":1}"}\n'
        '{"received_at":"2026-01-05T00:00:01.5Z","topic":"a","payload_base64":"AP8="}\n'
    )

    arrivals = read_history(make_history({"arrivals.jsonl": lines})).arrivals

    assert arrivals is not None
    assert arrivals["payload"].to_pylist() == [b'{"ts":1}', b"\x00\xff"]
    assert arrivals["topic"].to_pylist() == ["b", "a"]
    assert arrivals["received_at"][0].as_py() == datetime(2026, 1, 5, 0, 0, 1, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        pytest.param(
            '{"received_at":"2026-01-04T23:00:00Z","topic":"a","payload":""}', 2, id="earlier than the one before"
        ),
        pytest.param('{"received_at":"2026-01-05T23:00:00","topic":"a","payload":""}', 2, id="without a zone"),
        pytest.param('{"received_at":"2026-01-05T23:00:00Z","topic":"a"}', 2, id="without a payload"),
        pytest.param('{"received_at":"2026-01-05T23:00:00Z","topic":"a","payload_base64":"?"}', 2, id="no base 64"),
    ],
)
def test_an_arrival_that_cannot_be_is_named_by_its_line(make_history: MakeHistory, line: str, row: int) -> None:
    first = '{"received_at":"2026-01-05T00:00:00Z","topic":"a","payload":""}\n'

    [problem] = check_history(make_history({"arrivals.jsonl": first + line + "\n"}))

    assert problem.row == row
