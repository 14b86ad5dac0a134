"""What the tests across boundaries share: made-up revision histories, and reads of whole tables."""
