"""Sun, wind, cloud and warmth at any place and instant, without stepping through time.

The sun is where it is; the rest are sums of plane waves that cross Europe, mostly eastwards, with periods from hours to
weeks. So weather at one place resembles weather an hour before and next door, and any instant costs the same.
"""

import math
from dataclasses import dataclass
from operator import add
from typing import Final

from gridpulse_standin.chance import draws

__all__ = ["Place", "Sky", "Weather", "sine_of_solar_elevation", "solar_position"]

_DAY_S: Final = 86_400.0
_YEAR_S: Final = 365.2425 * _DAY_S
_KM_PER_DEGREE: Final = 111.2


def solar_position(instant_s: float) -> tuple[float, float]:
    """The sun's declination and the longitude of the point below it, both in radians, at a Unix time in seconds.

    Spencer's Fourier series of the declination and the equation of time (J. W. Spencer, "Fourier series
    representation of the position of the sun", Search 2 (5), 1971), good to about 0.04 degrees and half a minute.
    """
    gamma = math.tau * ((instant_s % _YEAR_S) / _YEAR_S)
    declination = (
        0.006918
        - 0.399912 * math.cos(gamma)
        + 0.070257 * math.sin(gamma)
        - 0.006758 * math.cos(2 * gamma)
        + 0.000907 * math.sin(2 * gamma)
        - 0.002697 * math.cos(3 * gamma)
        + 0.00148 * math.sin(3 * gamma)
    )
    equation_of_time = (
        0.000075
        + 0.001868 * math.cos(gamma)
        - 0.032077 * math.sin(gamma)
        - 0.014615 * math.cos(2 * gamma)
        - 0.040849 * math.sin(2 * gamma)
    )
    return declination, math.pi - math.tau * ((instant_s % _DAY_S) / _DAY_S) - equation_of_time


def sine_of_solar_elevation(latitude: float, longitude: float, instant_s: float) -> float:
    """Sine of the sun's height above the horizon at a place in degrees; negative at night."""
    declination, subsolar_longitude = solar_position(instant_s)
    phi = math.radians(latitude)
    hour_angle = math.radians(longitude) - subsolar_longitude
    return math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour_angle)


@dataclass(frozen=True)
class _Wave:
    angular_frequency: float
    phase: float
    east: float  # radians per degree of longitude
    north: float


class _Field:
    """A quantity of mean 0 and variance 1 that varies over place and time."""

    def __init__(self, seed: int, name: str, periods_h: tuple[float, ...]) -> None:
        waves: list[_Wave] = []
        for period_h in periods_h:
            phase, speed, heading, jitter, *_ = draws(seed, name, period_h)
            period_s = period_h * 3600 * (0.9 + 0.2 * jitter)
            wavelength_km = max(period_s * (8 + 10 * speed) / 1000, 900)  # weather moves at 8 to 18 m/s
            wave_number = math.tau / wavelength_km * _KM_PER_DEGREE
            angle = math.radians(-60 + 120 * heading)
            waves.append(
                _Wave(
                    angular_frequency=math.tau / period_s,
                    phase=math.tau * phase,
                    east=-wave_number * math.cos(angle) * 0.64,  # a degree of longitude at 50 degrees north
                    north=-wave_number * math.sin(angle),
                )
            )
        self._waves = tuple(waves)
        self._amplitude = math.sqrt(2 / len(waves))

    def offsets(self, latitude: float, longitude: float) -> tuple[float, ...]:
        return tuple(wave.east * longitude + wave.north * latitude + wave.phase for wave in self._waves)

    def phases(self, instant_s: float) -> tuple[float, ...]:
        return tuple(wave.angular_frequency * instant_s for wave in self._waves)

    def value(self, phases: tuple[float, ...], offsets: tuple[float, ...]) -> float:
        return self._amplitude * sum(map(math.sin, map(add, phases, offsets)))


@dataclass(frozen=True)
class Place:
    """A place, with all that does not depend on time worked out."""

    latitude: float
    sine: float
    cosine: float
    longitude_radians: float
    wind: tuple[float, ...]
    cloud: tuple[float, ...]
    warmth: tuple[float, ...]


class Sky:
    """The weather of one instant, asked place by place. Shares are of installed capacity, 0 to 1."""

    def __init__(self, weather: "Weather", instant_s: float) -> None:
        self._weather = weather
        declination, self._subsolar_longitude = solar_position(instant_s)
        self._sine, self._cosine = math.sin(declination), math.cos(declination)
        self._wind = weather.wind.phases(instant_s)
        self._cloud = weather.cloud.phases(instant_s)
        self._warmth = weather.warmth.phases(instant_s)
        self.winter = math.cos(math.tau * (instant_s % _YEAR_S) / _YEAR_S - 0.3)
        """1 in the middle of January, -1 in the middle of July."""

    def solar_share(self, place: Place) -> float:
        """Output of the zone's panels."""
        height = place.sine * self._sine + place.cosine * self._cosine * math.cos(
            place.longitude_radians - self._subsolar_longitude
        )
        if height <= 0:
            return 0.0
        clear = self._weather.cloud.value(self._cloud, place.cloud) + 0.05 * (52 - place.latitude) - 0.4 * self.winter
        return 0.8 * height**1.15 * (0.3 + 0.7 / (1 + math.exp(-1.2 * clear)))

    def wind_share(self, place: Place) -> float:
        """Output of the zone's turbines."""
        strength = self._weather.wind.value(self._wind, place.wind) + 0.4 * self.winter
        return 0.95 / (1 + math.exp(1.2 - 1.15 * strength))

    def warmth(self, place: Place) -> float:
        """How much warmer than usual, in standard deviations."""
        return self._weather.warmth.value(self._warmth, place.warmth)


class Weather:
    """Deterministic by seed."""

    def __init__(self, seed: int) -> None:
        self.wind = _Field(seed, "wind", (11.0, 17.0, 29.0, 43.0, 67.0, 101.0, 171.0, 289.0))
        self.cloud = _Field(seed, "cloud", (7.0, 13.0, 31.0, 59.0, 113.0))
        self.warmth = _Field(seed, "warmth", (53.0, 97.0, 211.0, 397.0))

    def place(self, latitude: float, longitude: float) -> Place:
        """A place by its degrees north and east."""
        phi = math.radians(latitude)
        return Place(
            latitude=latitude,
            sine=math.sin(phi),
            cosine=math.cos(phi),
            longitude_radians=math.radians(longitude),
            wind=self.wind.offsets(latitude, longitude),
            cloud=self.cloud.offsets(latitude, longitude),
            warmth=self.warmth.offsets(latitude, longitude),
        )

    def sky(self, instant_s: float) -> Sky:
        """The weather at a Unix time in seconds."""
        return Sky(self, instant_s)
