-- The hours of power_hours in long form: one row for each number that a row of the source can have.
-- mw is null where the source did not report it. Imports and exports have no modes, only their total.
SELECT
    zone,
    calendar,
    day,
    hours_of_day,
    `at`,
    clock_hour,
    CASE
        WHEN name LIKE 'prod%' THEN 'production'
        WHEN name LIKE 'cons%' THEN 'consumption'
        WHEN name LIKE 'import%' THEN 'import'
        ELSE 'export'
    END AS flow,
    REGEXP_REPLACE(
        REGEXP_REPLACE(name, r'_mw$$', ''), r'^(prod|cons|production|consumption|import|export)_', ''
    ) AS mode,
    mw
FROM power_hours
UNPIVOT INCLUDE NULLS (
    mw FOR name IN (
        prod_nuclear_mw, prod_geothermal_mw, prod_biomass_mw, prod_coal_mw,
        prod_wind_mw, prod_solar_mw, prod_hydro_mw, prod_gas_mw,
        prod_oil_mw, prod_unknown_mw, prod_hydro_discharge_mw, prod_battery_discharge_mw,
        cons_nuclear_mw, cons_geothermal_mw, cons_biomass_mw, cons_coal_mw,
        cons_wind_mw, cons_solar_mw, cons_hydro_mw, cons_gas_mw,
        cons_oil_mw, cons_unknown_mw, cons_hydro_discharge_mw, cons_battery_discharge_mw,
        production_total_mw, consumption_total_mw, import_total_mw, export_total_mw
    )
)
