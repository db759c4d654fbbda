"""Reports: folds over the events of a run. They know the model and nothing else of the engine."""
