"""Sliding seals: faces rub, above all when they start dry."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from simulators.plant.wear.law import Floats, GradualWear


class SealWear(GradualWear):
    r"""Sliding wear by Archard's law [1]_, with the extra wear of every start.

    .. math:: \frac{dh}{dt} = \frac{k}{H}\, p\, v \quad\Rightarrow\quad
              s = \left(\frac{x}{x_0}\right)^{n} \left(\frac{c}{c_0}\right)^{m} + \frac{\tau}{\Delta t}\,[\text{start}]

    The face loses the height :math:`h` in proportion to contact pressure :math:`p` and sliding speed
    :math:`v`; both rise with the load, together as :math:`x^n`. Sand :math:`c` cuts the faces. Until the film
    of liquid has built up a start rubs dry and costs as much as :math:`\tau` hours of running.

    - Inputs: load, dust (as sand in the water), starts.
    - Outputs, by the class's symptoms: leakage.
    - Events: leaks beyond what is allowed.

    References
    ----------
    .. [1] J. F. Archard, "Contact and rubbing of flat surfaces", *J. Appl. Phys.* 24 (1953) 981-988.
    """

    mode: ClassVar[str] = "seal leaking"

    law: Literal["seal_wear"] = Field(description="Sliding wear of a shaft seal, Archard, with dry starts.")
    reference_load: float = Field(
        1.0, gt=0.0, le=2.0, description="Load x0 at which `life_days` holds. [share of rated]"
    )
    load_exponent: float = Field(1.5, ge=0.0, le=6.0, description="n: how pressure times speed follow the load.")
    reference_dust: float = Field(0.1, gt=0.0, description="Dust or sand c0 at which `life_days` holds. [mg/m³]")
    dust_exponent: float = Field(0.0, ge=0.0, le=3.0, description="m: how strongly sand cuts the faces.")
    start_hours: float = Field(0.0, ge=0.0, description="tau: wear of one start, in hours of reference running. [h]")

    def stress(self, load: Floats, ambient: Floats, dust: Floats, starts: Floats, hours: float) -> Floats:
        """Return the multiple of the reference wear; see `WearLaw.stress`."""
        sliding = (load / self.reference_load) ** self.load_exponent
        sand = (dust / self.reference_dust) ** self.dust_exponent
        return np.where(load > 0.0, sliding * sand + starts * self.start_hours / hours, 0.0)
