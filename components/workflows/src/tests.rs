mod definitions;
mod instances;
