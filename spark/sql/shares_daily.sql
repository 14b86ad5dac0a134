-- What share of a zone's electricity was renewable and fossil-free, and how far did it depend on its neighbours?
--
-- renewable_percent and fossil_free_percent are the source's shares of the hour, weighted by consumption.
-- import_dependence_percent = (import - export) / consumption, negative for a net exporter (Eurostat's energy import
-- dependency, for electricity alone); net_position_mwh = export - import, positive for a net exporter. Each is over the
-- hours that have all of its numbers; the coverage says how many those are.
WITH hours AS (
    SELECT
        zone,
        calendar,
        day,
        hours_of_day,
        renewable_percent,
        fossil_free_percent,
        CASE WHEN renewable_percent IS NOT NULL AND consumption_total_mw > 0 THEN consumption_total_mw END
            AS renewable_weight_mw,
        CASE WHEN fossil_free_percent IS NOT NULL AND consumption_total_mw > 0 THEN consumption_total_mw END
            AS fossil_free_weight_mw,
        export_total_mw - import_total_mw AS net_position_mw,
        CASE WHEN export_total_mw - import_total_mw IS NOT NULL AND consumption_total_mw > 0 THEN consumption_total_mw END
            AS dependence_weight_mw
    FROM power_hours
)
SELECT
    zone,
    calendar,
    day,
    sum(renewable_percent * renewable_weight_mw) / sum(renewable_weight_mw) AS renewable_percent,
    100.0D * count(renewable_weight_mw) / max(hours_of_day) AS renewable_coverage_percent,
    sum(fossil_free_percent * fossil_free_weight_mw) / sum(fossil_free_weight_mw) AS fossil_free_percent,
    100.0D * count(fossil_free_weight_mw) / max(hours_of_day) AS fossil_free_coverage_percent,
    -100.0D * sum(CASE WHEN dependence_weight_mw IS NOT NULL THEN net_position_mw END) / sum(dependence_weight_mw)
        AS import_dependence_percent,
    100.0D * count(dependence_weight_mw) / max(hours_of_day) AS import_dependence_coverage_percent,
    sum(net_position_mw) AS net_position_mwh,
    100.0D * count(net_position_mw) / max(hours_of_day) AS net_position_coverage_percent
FROM hours
GROUP BY zone, calendar, day
