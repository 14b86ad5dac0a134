"""Pure DataFrame to DataFrame transforms: no reads, no writes, no clock."""
