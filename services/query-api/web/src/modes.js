// What electricity is made of, in the order of the stack, from the bottom up.
export const MODES = [
  { key: "nuclear", label: "Nuclear", colour: "#9a75d8" },
  { key: "geothermal", label: "Geothermal", colour: "#b8713f" },
  { key: "biomass", label: "Biomass", colour: "#7d9c40" },
  { key: "coal", label: "Coal", colour: "#6a6570" },
  { key: "oil", label: "Oil", colour: "#8f4040" },
  { key: "gas", label: "Gas", colour: "#dd7a5c" },
  { key: "unknown", label: "Unknown", colour: "#a4a8b2" },
  { key: "hydro", label: "Hydro", colour: "#3579c8" },
  { key: "wind", label: "Wind", colour: "#3fb8a0" },
  { key: "solar", label: "Solar", colour: "#f1b93a" },
  { key: "hydro_discharge", label: "Hydro storage", colour: "#63a6ee", isStorage: true },
  { key: "battery_discharge", label: "Battery storage", colour: "#d65a9f", isStorage: true },
];

export const METRICS = [
  { key: "carbon_intensity", label: "Carbon intensity", unit: "gCO₂eq/kWh" },
  { key: "renewable_percent", label: "Renewable share", unit: "%" },
  { key: "fossil_free_percent", label: "Fossil-free share", unit: "%" },
];
