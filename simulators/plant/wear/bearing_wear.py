"""Rolling bearings: fatigue of the raceways under load."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from simulators.plant.part_of_file import Share
from simulators.plant.wear.law import Floats, GradualWear


class BearingWear(GradualWear):
    r"""Rolling contact fatigue by the load-life relation of ISO 281 [1]_.

    .. math:: L_{10} = \left(\frac{C}{P}\right)^p, \qquad
              s = \left(\sigma + (1 - \sigma) \frac{x}{x_0}\right)^p \cdot
              \left(\frac{c}{c_0}\right)^m

    :math:`P` is the equivalent load, of which the share :math:`\sigma` is there whatever the machine
    moves (weight of the rotor, tension of a belt) and the rest follows the load :math:`x`; :math:`p` is 3 for
    balls and 10/3 for rollers: a fifth more load takes 40 % of the life. The last factor stands for
    the contamination :math:`e_C` of the lubricant in the standard's modified life and is off by default.

    - Inputs: load; dust, where `dust_exponent` is above 0.
    - Outputs, by the class's symptoms: vibration, temperature of the housing.
    - Events: seizure.

    References
    ----------
    .. [1] ISO 281:2007, *Rolling bearings. Dynamic load ratings and rating life*.
    """

    mode: ClassVar[str] = "bearing seized"

    law: Literal["bearing_wear"] = Field(description="Rolling contact fatigue, ISO 281.")
    reference_load: float = Field(
        1.0, gt=0.0, le=2.0, description="Load x0 at which `life_days` holds. [share of rated]"
    )
    exponent: float = Field(3.0, ge=1.0, le=6.0, description="p: 3 for ball bearings, 3.33 for roller bearings.")
    static_share: Share = Field(0.0, description="Share of the bearing's load that is there at any load. [0-1]")
    reference_dust: float = Field(0.1, gt=0.0, description="Dust c0 at which `life_days` holds. [mg/m³]")
    dust_exponent: float = Field(
        0.0, ge=0.0, le=3.0, description="m: how strongly dust in the lubricant shortens life."
    )

    def stress(self, load: Floats, ambient: Floats, dust: Floats, starts: Floats, hours: float) -> Floats:
        """Return the multiple of the reference wear; see `WearLaw.stress`."""
        force = self.static_share + (1.0 - self.static_share) * load / self.reference_load
        contamination = (dust / self.reference_dust) ** self.dust_exponent
        return np.where(load > 0.0, force**self.exponent * contamination, 0.0)
