"""How far learning is from playing, by hand."""

import math

import pytest
import torch

from onelayer.trainers.mismatch import Mismatch


def test_means_and_spreads_by_hand():
    found = Mismatch()
    # Differences 0.1 and -0.3: absolute mean 0.2, mean -0.1, deviation 0.2.
    found.add(torch.tensor([-1.0]), torch.tensor([-1.1]))
    found.add(torch.tensor([-2.3]), torch.tensor([-2.0]))
    metrics = found.metrics()
    one, other = math.exp(0.1), math.exp(-0.3)
    assert metrics["logp_drift"] == pytest.approx(0.2, abs=1e-6)
    assert metrics["logp_drift_sd"] == pytest.approx(0.2, abs=1e-6)
    assert metrics["ratio"] == pytest.approx((one + other) / 2, abs=1e-6)
    assert metrics["ratio_sd"] == pytest.approx((one - other) / 2, abs=1e-6)
    # k3: exp(d) - 1 - d; chi-square: (exp(d) - 1)^2
    assert metrics["play_kl"] == pytest.approx((one + other - 2 + 0.2) / 2, abs=1e-6)
    assert metrics["play_chi2"] == pytest.approx(((one - 1) ** 2 + (other - 1) ** 2) / 2, abs=1e-6)
    expected = (one + other) ** 2 / (2 * (one**2 + other**2))
    assert metrics["effective_samples"] == pytest.approx(expected, abs=1e-6)


def test_the_divergences_are_those_of_two_known_distributions():
    """Of three words, drawn as often as the player draws them: exactly KL and chi-square."""
    played, learned = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
    found = Mismatch()
    for p, q in zip(played, learned, strict=True):
        times = round(10 * p)
        found.add(torch.full((times,), math.log(q)), torch.full((times,), math.log(p)))
    kl = sum(p * math.log(p / q) for p, q in zip(played, learned, strict=True))
    chi2 = sum((q - p) ** 2 / p for p, q in zip(played, learned, strict=True))
    metrics = found.metrics()
    assert metrics["play_kl"] == pytest.approx(kl, abs=1e-6)
    assert metrics["play_chi2"] == pytest.approx(chi2, abs=1e-6)
    assert metrics["effective_samples"] == pytest.approx(1 / (1 + chi2), abs=1e-6)


def test_sums_of_processes_add_up():
    draw = torch.Generator().manual_seed(0)
    logp, played = -torch.rand(9, generator=draw), -torch.rand(9, generator=draw)
    whole, one, other = Mismatch(), Mismatch(), Mismatch()
    whole.add(logp, played)
    one.add(logp[:4], played[:4])
    other.add(logp[4:], played[4:])
    joined = Mismatch([a + b for a, b in zip(one.sums, other.sums, strict=True)])
    assert joined.metrics() == pytest.approx(whole.metrics())


def test_equal_policies_and_no_tokens_at_all():
    found = Mismatch()
    expected = {"logp_drift": 0, "logp_drift_sd": 0, "ratio": 1, "ratio_sd": 0}
    expected |= {"play_kl": 0, "play_chi2": 0}
    assert found.metrics() == {**expected, "effective_samples": 1}
    found.add(torch.tensor([-1.0, -2.0]), torch.tensor([-1.0, -2.0]))
    assert found.metrics() == {**expected, "effective_samples": 1}
    found.add(torch.tensor([math.nan]), torch.tensor([-1.0]))
    assert all(math.isnan(value) for value in found.metrics().values())
