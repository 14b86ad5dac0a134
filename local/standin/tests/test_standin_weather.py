"""The sun is where almanacs say; wind is plausible and remembers its last hour."""

import math
import statistics
from datetime import UTC, datetime

import pytest

from gridpulse_standin.weather import Weather, sine_of_solar_elevation


@pytest.mark.parametrize(
    ("latitude", "longitude", "at", "elevation_degrees"),
    [
        # On the equinox at local solar noon the sun stands at 90 degrees minus the latitude, on the solstices 23.4 off.
        (51.48, 0.0, datetime(2026, 3, 20, 12, 7, tzinfo=UTC), 38.5),
        (51.48, 0.0, datetime(2026, 6, 21, 12, 2, tzinfo=UTC), 62.0),
        (51.48, 0.0, datetime(2026, 12, 21, 11, 58, tzinfo=UTC), 15.1),
        (59.91, 10.75, datetime(2026, 6, 21, 11, 19, tzinfo=UTC), 53.5),
        (40.42, -3.70, datetime(2026, 3, 20, 12, 22, tzinfo=UTC), 49.6),
    ],
)
def test_sun_at_noon(latitude: float, longitude: float, at: datetime, elevation_degrees: float) -> None:
    elevation = math.degrees(math.asin(sine_of_solar_elevation(latitude, longitude, at.timestamp())))
    assert elevation == pytest.approx(elevation_degrees, abs=0.5)


def test_sun_never_sets_in_the_far_north_in_june_and_never_rises_in_december() -> None:
    for hour in range(24):
        june = datetime(2026, 6, 21, hour, tzinfo=UTC).timestamp()
        december = datetime(2026, 12, 21, hour, tzinfo=UTC).timestamp()
        assert sine_of_solar_elevation(69.6, 18.9, june) > 0
        assert sine_of_solar_elevation(69.6, 18.9, december) < 0


def test_wind_is_autocorrelated_and_varies() -> None:
    weather = Weather(seed=7)
    place = weather.place(54.0, 8.0)
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    shares = [weather.sky(start + 3600 * hour).wind_share(place) for hour in range(24 * 120)]
    assert all(0 <= share <= 1 for share in shares)
    assert 0.15 < statistics.mean(shares) < 0.5
    assert statistics.stdev(shares) > 0.1
    assert statistics.correlation(shares[:-1], shares[1:]) > 0.95
    assert abs(statistics.correlation(shares[:-240], shares[240:])) < 0.6


def test_seeds_give_different_weather() -> None:
    def share(seed: int) -> float:
        weather = Weather(seed)
        return weather.sky(1.7e9).wind_share(weather.place(54.0, 8.0))

    assert share(1) == share(1)
    assert share(1) != share(2)
