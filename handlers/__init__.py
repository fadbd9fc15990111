"""Who answers an event, in a fixed order, and the loop that lets them. Only worker and calls do IO."""
