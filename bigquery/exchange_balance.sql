-- Does what A says it exports to B match what B says it imports from A?
--
-- A source may name a zone's sub-zone or its parent: France exports to IT-NO, and Italy imports from France. So what is
-- said of a sub-zone counts for its parent too, and a parent that says nothing itself says the sum of its sub-zones.
-- Days are UTC's, since two zones can have different clocks. Only hours of which both sides speak are compared.
WITH told AS (
    SELECT hours.zone AS teller, hours.at, day, 'export' AS direction, entry.neighbour AS other, entry.mw
    FROM power_hours AS hours
    CROSS JOIN UNNEST(export_mw) AS entry
    WHERE calendar = 'utc'
    UNION ALL
    SELECT hours.zone AS teller, hours.at, day, 'import' AS direction, entry.neighbour AS other, entry.mw
    FROM power_hours AS hours
    CROSS JOIN UNNEST(import_mw) AS entry
    WHERE calendar = 'utc'
),
told_by_parents_too AS (
    SELECT teller, told.at, day, direction, other, mw FROM told
    UNION ALL
    SELECT zones.parent AS teller, told.at, told.day, told.direction, told.other, told.mw
    FROM told
    JOIN zones ON zones.key = told.teller
    LEFT JOIN power_hours AS own
        ON own.zone = zones.parent AND own.at = told.at AND own.calendar = 'utc'
    WHERE zones.parent IS NOT NULL AND own.zone IS NULL
),
told_of_parents_too AS (
    SELECT teller, by_parents.at, day, direction, other, mw FROM told_by_parents_too AS by_parents
    UNION ALL
    SELECT teller, by_parents.at, day, direction, zones.parent AS other, mw
    FROM told_by_parents_too AS by_parents
    JOIN zones ON zones.key = by_parents.other
    WHERE zones.parent IS NOT NULL
),
by_border AS (
    SELECT teller, other, direction, told_of.at, day, SUM(mw) AS mw
    FROM told_of_parents_too AS told_of
    LEFT JOIN zones AS teller_zone ON teller_zone.key = teller
    LEFT JOIN zones AS other_zone ON other_zone.key = other
    WHERE teller <> other
        AND COALESCE(teller_zone.parent, '') <> other
        AND COALESCE(other_zone.parent, '') <> teller
    GROUP BY teller, other, direction, told_of.at, day
)
SELECT
    exported.teller AS exporter,
    imported.teller AS importer,
    exported.day,
    SUM(exported.mw) AS exported_mwh,
    SUM(imported.mw) AS imported_mwh,
    SUM(exported.mw - imported.mw) AS difference_mwh,
    SUM(ABS(exported.mw - imported.mw)) AS absolute_difference_mwh,
    100.0 * COUNT(*) / 24 AS coverage_percent
FROM by_border AS exported
JOIN by_border AS imported
    ON imported.teller = exported.other
    AND imported.other = exported.teller
    AND imported.at = exported.at
WHERE exported.direction = 'export'
    AND imported.direction = 'import'
    AND exported.mw IS NOT NULL
    AND imported.mw IS NOT NULL
GROUP BY exporter, importer, exported.day
