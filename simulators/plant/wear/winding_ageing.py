"""Motor and transformer windings: heat ages the insulation."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from simulators.plant.wear.law import Floats, GradualWear


class WindingAgeing(GradualWear):
    r"""Thermal ageing of insulation by Montsinger's rule [1]_, the practical form of Arrhenius' law [2]_.

    .. math:: s = 2^{(T - T_0) / h}, \qquad T = T_{air} + \Delta T \cdot x^2

    Every :math:`h` = 10 K halve the life. It is Arrhenius' :math:`e^{B (1/T_0 - 1/T)}` near :math:`T_0`
    with :math:`B = T_0^2 \ln 2 / h` in kelvin. The winding's rise follows the copper losses, the square
    of the load :math:`x`, and is taken as settled within a step (true for steps of about an hour).
    Standing still, insulation ages some thousand times slower; that is taken as nothing.

    - Inputs: load, ambient temperature.
    - Outputs, by the class's symptoms: leakage current, winding temperature, motor current.
    - Events: short circuit.

    References
    ----------
    .. [1] V. M. Montsinger, "Loading transformers by temperature", *Trans. AIEE* 49 (1930) 776-790.
    .. [2] T. W. Dakin, "Electrical insulation deterioration treated as a chemical rate phenomenon",
       *Trans. AIEE* 67 (1948) 113-122. IEC 60216 gives the method for materials.
    """

    mode: ClassVar[str] = "winding short circuit"

    law: Literal["winding_ageing"] = Field(description="Thermal ageing of insulation, Montsinger and Arrhenius.")
    reference_temperature: float = Field(
        100.0, ge=-20.0, le=300.0, description="Winding temperature T0 at which `life_days` holds. [°C]"
    )
    rise_at_rated_load: float = Field(80.0, ge=0.0, le=250.0, description="The winding above the air at load 1. [K]")
    halving_kelvin: float = Field(10.0, gt=0.0, le=50.0, description="h: so much hotter halves the life. [K]")

    def stress(self, load: Floats, ambient: Floats, dust: Floats, starts: Floats, hours: float) -> Floats:
        """Return the multiple of the reference wear; see `WearLaw.stress`."""
        temperature = ambient + self.rise_at_rated_load * load**2
        return np.where(load > 0.0, 2.0 ** ((temperature - self.reference_temperature) / self.halving_kelvin), 0.0)
