// What is expected: the newest forecast of carbon intensity, and the greenest hours in it. Times in ms.

/** A forecast of `…/forecast` or of the stream. */
export function forecastFromDocument(document) {
  return {
    issuedAt: Date.parse(document.issued_at),
    rows: document.data.map((row) => ({ at: Date.parse(row.at), carbon: row.carbon_intensity_gco2eq_per_kwh })),
  };
}

/** The newer of two forecasts, either of which may be null. */
export function newerForecast(forecast, other) {
  return forecast && (!other || forecast.issuedAt >= other.issuedAt) ? forecast : other;
}

/** The expected intensity of the intervals from `start` to before `end`, by start. */
export function expectedBetween(forecast, start, end) {
  const rows = forecast?.rows.filter(({ at, carbon }) => at >= start && at < end && carbon !== null) ?? [];
  return new Map(rows.map(({ at, carbon }) => [at, carbon]));
}

/** A best window of the API, with what is said of it. */
export function windowFromDocument(document) {
  return {
    start: Date.parse(document.start),
    end: Date.parse(document.end),
    mean: document.mean_gco2eq_per_kwh,
    soonest: document.soonest_mean_gco2eq_per_kwh,
    savedPercent: document.saved_percent,
  };
}
