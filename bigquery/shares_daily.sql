-- What share of a zone's electricity was renewable and fossil-free, and how far did it depend on its neighbours?
--
-- renewable_percent and fossil_free_percent are the source's shares of the hour, weighted by consumption.
-- import_dependence_percent = (import - export) / consumption, negative for a net exporter (Eurostat's energy import
-- dependency, for electricity alone); net_position_mwh = export - import, positive for a net exporter. Each is over the
-- hours that have all of its numbers; the coverage says how many those are.
WITH loads AS (
    SELECT
        *,
        IF(consumption_total_mw > 0, consumption_total_mw, NULL) AS load_mw,
        export_total_mw - import_total_mw AS net_position_mw
    FROM power_hours
),
weighted AS (
    SELECT
        zone,
        calendar,
        day,
        hours_of_day,
        renewable_percent,
        fossil_free_percent,
        net_position_mw,
        IF(renewable_percent IS NOT NULL, load_mw, NULL) AS renewable_weight_mw,
        IF(fossil_free_percent IS NOT NULL, load_mw, NULL) AS fossil_free_weight_mw,
        IF(net_position_mw IS NOT NULL, load_mw, NULL) AS dependence_weight_mw
    FROM loads
)
SELECT
    zone,
    calendar,
    day,
    SAFE_DIVIDE(SUM(renewable_percent * renewable_weight_mw), SUM(renewable_weight_mw)) AS renewable_percent,
    100.0 * COUNT(renewable_weight_mw) / MAX(hours_of_day) AS renewable_coverage_percent,
    SAFE_DIVIDE(SUM(fossil_free_percent * fossil_free_weight_mw), SUM(fossil_free_weight_mw)) AS fossil_free_percent,
    100.0 * COUNT(fossil_free_weight_mw) / MAX(hours_of_day) AS fossil_free_coverage_percent,
    -100.0 * SAFE_DIVIDE(
        SUM(IF(dependence_weight_mw IS NOT NULL, net_position_mw, NULL)), SUM(dependence_weight_mw)
    ) AS import_dependence_percent,
    100.0 * COUNT(dependence_weight_mw) / MAX(hours_of_day) AS import_dependence_coverage_percent,
    SUM(net_position_mw) AS net_position_mwh,
    100.0 * COUNT(net_position_mw) / MAX(hours_of_day) AS net_position_coverage_percent
FROM weighted
GROUP BY zone, calendar, day
