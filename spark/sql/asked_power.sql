-- Hourly rows of the power breakdown in the days asked for, on whichever calendar: no clock is a day away from UTC's.
-- Rows of other widths are left out: a zone can have several for the same hour.
SELECT *
FROM power_breakdown
WHERE granularity = 'hourly' AND at >= :first_day - INTERVAL 1 DAY AND at < :last_day + INTERVAL 2 DAYS
