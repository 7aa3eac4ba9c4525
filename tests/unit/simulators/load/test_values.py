import numpy as np

from simulators.load.values import hundredths


def test_values_hang_on_seed_device_number_and_signal() -> None:
    devices, seqs = (a.reshape(-1) for a in np.meshgrid(np.arange(50), np.arange(200)))
    values = hundredths(1, devices, seqs, 6)
    assert (values.min(), values.max()) >= (1000, 9990)
    assert values.max() <= 9999
    assert len(np.unique(values, axis=0)) == 50 * 200
    assert (values != hundredths(2, devices, seqs, 6)).mean() > 0.99


def test_a_reading_has_the_same_values_alone_as_among_others() -> None:
    values = hundredths(7, np.array([3, 4, 5]), np.array([10, 11, 12]), 9)
    assert hundredths(7, np.array([4]), np.array([11]), 9).tolist() == values[1:2].tolist()
    assert hundredths(7, np.array([4]), np.array([11]), 2).tolist() == values[1:2, :2].tolist()
