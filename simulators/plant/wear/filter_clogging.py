"""Filters and screens: a cake of dust that grows until nothing passes."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from simulators.plant.wear.law import Floats, GradualWear


class FilterClogging(GradualWear):
    r"""Cake filtration after Darcy [1]_.

    .. math:: \Delta p = \mu v (R_m + \alpha w), \qquad \frac{dw}{dt} = c\,v
              \quad\Rightarrow\quad s = \frac{c}{c_0} \left(\frac{x}{x_0}\right)^{q}

    The cake :math:`w` [kg/m²] grows by the dust :math:`c` that the flow :math:`v` carries, and the flow
    follows the load :math:`x`. Damage is :math:`w` over the cake at which the filter is spent; dust has its
    season, so a filter in autumn leaves or summer dust lasts a fraction of one in winter.

    - Inputs: load (as flow), dust.
    - Outputs, by the class's symptoms: differential pressure (let the symptom scale with the load: at a
      constant cake the pressure is proportional to the flow), flow.
    - Events: blocked.

    References
    ----------
    .. [1] A. Rushton, A. S. Ward, R. G. Holdich, *Solid-Liquid Filtration and Separation Technology*,
       2nd ed., Wiley-VCH, 2000, chapter 2.
    """

    mode: ClassVar[str] = "filter blocked"

    law: Literal["filter_clogging"] = Field(description="A cake that grows with dust and flow, Darcy.")
    reference_load: float = Field(
        1.0, gt=0.0, le=2.0, description="Load x0 at which `life_days` holds. [share of rated]"
    )
    reference_dust: float = Field(0.1, gt=0.0, description="Dust c0 at which `life_days` holds. [mg/m³]")
    flow_exponent: float = Field(
        1.0, ge=0.0, le=3.0, description="q: how the flow through the filter follows the load."
    )
    acceleration: float = Field(
        0.5, ge=0.0, le=12.0, description="How late the damage shows: 0 grows evenly, 3 mostly in the last third."
    )

    def stress(self, load: Floats, ambient: Floats, dust: Floats, starts: Floats, hours: float) -> Floats:
        """Return the multiple of the reference wear; see `WearLaw.stress`."""
        flow = (load / self.reference_load) ** self.flow_exponent
        return np.where(load > 0.0, flow * dust / self.reference_dust, 0.0)
