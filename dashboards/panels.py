"""The panels our dashboards are made of: one look for stats, tables, bars and lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import barchart, common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from dashboards import influxql, sql
from dashboards.influxql import InfluxQuery, Target
from dashboards.sql import SqlQuery

BLUE, SKY, GREEN, ORANGE, RED = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00"
PURPLE, YELLOW, GREY = "#CC79A7", "#F0E442", "#999999"
"""Okabe and Ito's palette, which colour-blind people can tell apart; red is kept for what needs a person now."""

MONEY = "locale"
HOURS = "h"
SECONDS = "s"
SHARE = "percentunit"
COUNT = "short"
TIME = "dateTimeAsIso"

TIMES = "suffix:×"

Query = SqlQuery | InfluxQuery
Panel = Builder[models.Panel]


@dataclass(frozen=True, slots=True)
class Column:
    """How a table shows one column of a statement's result.

    Parameters
    ----------
    field
        Its name in the result.
    title
        Its head, for people.
    unit
        Grafana's name of the unit; empty for none.
    decimals
        How many are shown; as many as needed where None.
    link
        Where a click leads; empty for nowhere.
    """

    field: str
    title: str
    unit: str = ""
    decimals: int | None = None
    link: str = ""

    def properties(self) -> list[models.DynamicConfigValue]:
        """Return what Grafana is told about the column."""
        told: list[tuple[str, object]] = [("displayName", self.title)]
        if self.unit:
            told.append(("unit", self.unit))
        if self.decimals is not None:
            told.append(("decimals", self.decimals))
        if self.link:
            told.append(("links", [{"title": f"Open the {self.title.lower()}", "url": self.link}]))
        return [models.DynamicConfigValue(id_val=name, value=value) for name, value in told]


def source_of(query: Query) -> models.DataSourceRef:
    """Return the data source a query asks."""
    return sql.datasource() if isinstance(query, SqlQuery) else influxql.datasource()


def number(title: str, statement: str, *, unit: str = COUNT, decimals: int = 0, about: str = "") -> stat.Panel:
    """Return the numbers of a statement's one row, or of every row where its first column names them."""
    query = SqlQuery(statement)
    return (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(source_of(query))
        .with_target(Target(query))
        .unit(unit)
        .decimals(decimals)
        .no_value("none")
        .thresholds(_plain())
        .color_mode(common_models.BigValueColorMode.NONE)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.AUTO)
        .reduce_options(common.ReduceDataOptions().values(True).calcs(["lastNotNull"]).fields(""))
        .height(4)
    )


def rows(title: str, query: Query, columns: Sequence[Column], *, about: str = "", height: int = 9) -> table.Panel:
    """Return a table; columns that are not told stand as they are."""
    panel = (
        table.Panel()
        .title(title)
        .description(about)
        .datasource(source_of(query))
        .with_target(Target(query))
        .show_header(True)
        .cell_height(common_models.TableCellHeight.SM)
        .no_value("")
        .thresholds(_plain())
        .span(24)
        .height(height)
    )
    for column in columns:
        panel = panel.override_by_name(column.field, column.properties())
    return panel


def lines(
    title: str, query: Query, *, unit: str = COUNT, colours: Mapping[str, str] | None = None, about: str = ""
) -> timeseries.Panel:
    """Return lines over time."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(source_of(query))
        .with_target(Target(query))
        .unit(unit)
        .axis_soft_min(0)
        .legend(legend())
        .span(12)
        .height(8)
    )
    for name, colour in (colours or {}).items():
        panel = panel.override_by_name(name, [fixed(colour)])
    return panel


def stacks(
    title: str, query: Query, *, unit: str = COUNT, colours: Mapping[str, str] | None = None, about: str = ""
) -> timeseries.Panel:
    """Return stacked bars over time."""
    return (
        lines(title, query, unit=unit, colours=colours, about=about)
        .draw_style(common_models.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
    )


def bars(
    title: str, query: Query, *, x: str, colours: Mapping[str, str], unit: str = COUNT, about: str = ""
) -> barchart.Panel:
    """Return one stacked bar per row, named by column `x`."""
    panel = (
        barchart.Panel()
        .title(title)
        .description(about)
        .datasource(source_of(query))
        .with_target(Target(query))
        .x_field(x)
        .unit(unit)
        .stacking(common_models.StackingMode.NORMAL)
        .fill_opacity(80)
        .line_width(0)
        .legend(legend())
        .span(12)
        .height(8)
    )
    for name, colour in colours.items():
        panel = panel.override_by_name(name, [fixed(colour)])
    return panel


def limit(value: float, colour: str = RED) -> dashboard.ThresholdsConfig:
    """Return a limit that lines are drawn against."""
    steps = [models.Threshold(value=None, color=GREY), models.Threshold(value=value, color=colour)]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def dashed() -> common.GraphThresholdsStyleConfig:
    """Return how limits are drawn."""
    return common.GraphThresholdsStyleConfig().mode(common_models.GraphTresholdsStyleMode.DASHED)


def fixed(colour: str) -> models.DynamicConfigValue:
    """Return a series' colour, the same wherever it is shown."""
    return models.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})


def legend() -> common.VizLegendOptions:
    """Return a legend below the panel."""
    return (
        common.VizLegendOptions()
        .display_mode(common_models.LegendDisplayMode.LIST)
        .placement(common_models.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def _plain() -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=None, color=GREY)]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
