"""Views of events and plans; they cause nothing."""
