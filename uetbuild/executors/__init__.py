"""Where jobs run: `Workers` implementations; know nothing of the graph and of stamps."""
