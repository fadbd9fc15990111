"""Stand-ins for the outer world: providers and clocks."""
