"""The report's four charts; each shows what a sentence or a table beside it says."""

from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter

from foreworn.report.drawing import COLOURS, drawn
from foreworn.report.record import Bin, Costs, Month, Notice
from foreworn.report.words import money

_QUIET, _LINE = COLOURS["--quiet"], COLOURS["--line"]
_SAID, _CAME, _OURS = COLOURS["--c1"], COLOURS["--c4"], COLOURS["--c2"]
_PERCENT = FuncFormatter(lambda value, _: f"{value * 100:.0f} %")
_ALL = (-0.03, 1.03)
"""Shares from 0 to 1, with air for the marks at both ends."""


def notice_chart(notices: Sequence[Notice]) -> Markup:
    """Return the share of failures told by hours of notice, each with its interval."""
    judged = [notice for notice in notices if notice.failures]

    def draw(axes: Axes) -> None:
        for place, one in enumerate(judged):
            if one.low is not None and one.high is not None:
                axes.plot([one.low, one.high], [place, place], color=_SAID, linewidth=2, solid_capstyle="butt")
            axes.plot([one.caught / one.failures], [place], "o", color=_SAID, markersize=8)
        axes.set_yticks(range(len(judged)), [f"{one.hours} h" for one in judged])
        axes.set(xlim=_ALL, ylim=(len(judged) - 0.5, -0.5), xlabel="failures told at least so long ahead")
        axes.xaxis.set_major_formatter(_PERCENT)
        axes.grid(axis="x", color=_LINE)
        axes.set_axisbelow(True)

    told = "Share of failures told, by hours of notice, with 95 % intervals"
    return drawn("notice", told, draw, height=64 + 32 * len(judged))


def reliability_chart(bins: Sequence[Bin]) -> Markup:
    """Return what was said against what came; on the diagonal, forecasts kept their word."""
    most = max(one.forecasts for one in bins)

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_QUIET, linewidth=1, dashes=(4, 3))
        for one in bins:
            if one.share_low is not None and one.share_high is not None:
                axes.plot([one.mean_probability] * 2, [one.share_low, one.share_high], color=_SAID)
            size = 4 + 8 * (one.forecasts / most) ** 0.5
            axes.plot([one.mean_probability], [one.failed_share], "o", color=_SAID, markersize=size)
        axes.set(xlim=_ALL, ylim=_ALL, xlabel="probability that was said", ylabel="share that failed", aspect="equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(_PERCENT)

    return drawn("reliability", "Share that failed, against the probability that was said", draw, height=368)


def months_chart(months: Sequence[Month]) -> Markup:
    """Return failures expected, with their interval, and those that came, month by month."""

    def draw(axes: Axes) -> None:
        for place, one in enumerate(months):
            band = "95 % interval of what was expected" if place == 0 else None
            axes.bar(place, one.high - one.low, 0.6, one.low, color=_SAID, alpha=0.25, linewidth=0, label=band)
            said = "expected from the forecasts" if place == 0 else None
            axes.plot([place - 0.3, place + 0.3], [one.expected] * 2, color=_SAID, linewidth=2, label=said)
        came = [one.observed for one in months]
        axes.plot(range(len(months)), came, "D", color=_CAME, markersize=7, label="came")
        axes.set_ylim(bottom=0, top=max(max(m.high, m.observed) for m in months) * 1.1 + 1)
        axes.set(ylabel="failures in the month", xlim=(-0.6, len(months) - 0.4))
        every = 1 + (len(months) - 1) // 6
        axes.set_xticks(range(0, len(months), every), [one.month for one in months[::every]])
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axes.figure.legend(loc="outside lower left")

    return drawn("months", "Failures expected and failures that came, by month", draw, height=328)


def cost_chart(costs: Costs, currency: str) -> Markup:
    """Return what 1,000 hours of a machine cost, by what is acted on."""
    lines = [
        ("run to failure", costs.run_to_failure, _QUIET),
        ("best fixed age", costs.best_age, _QUIET),
        ("acting on the model", costs.model, _OURS),
        ("perfect foresight", costs.perfect, _QUIET),
    ]

    def draw(axes: Axes) -> None:
        for place, (_, cost, colour) in enumerate(lines):
            axes.barh(place, cost, 0.56, color=colour)
            axes.annotate(money(cost, currency), (cost, place), (6, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(lines)), [name for name, _, _ in lines])
        axes.set(ylim=(len(lines) - 0.5, -0.5), xlim=(0, max(cost for _, cost, _ in lines) * 1.35 or 1))
        axes.set_xlabel(f"{currency} per machine and 1,000 hours")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.tick_params(axis="y", length=0)

    told = "Cost per machine and 1,000 hours: " + "; ".join(
        f"{name} {money(cost, currency)}" for name, cost, _ in lines
    )
    return drawn("costs", told, draw, width=480, height=216)
